import { join } from "node:path";
import { encodeHex, equalBytes } from "../../bytes/mod.ts";
import { ParleyError, UsageError } from "../../errors/mod.ts";
import type { FileBatchRow } from "../../store/mod.ts";
import { BLOB_ID_BYTES, ENTRY_ID_BYTES } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { SentMessage } from "../client_types.ts";
import { encodeFiles } from "../content/mod.ts";
import { enqueueContent } from "../delivery/enqueue_content.ts";
import { expireIn, findReferable } from "../delivery/find_referable.ts";
import { VerificationGuard } from "../people/verification_guard.ts";
import { type BatchPlan, decodeBatchPlan, encodeBatchPlan, type FileToSend, planFile } from "./file_batch.ts";
import { toFileReference } from "./file_content.ts";
import { FILE_HASH_BYTES, FILE_KEY_BYTES, type FileDescriptor } from "./file_descriptor.ts";
import { MAX_FILE_BYTES } from "./file_layout.ts";
import type { FileTransfers } from "./file_transfers.ts";
import { SendingLocks } from "./sending_locks.ts";
import type { PendingUpload, TransferProgress, UploadedFile, UploadSource } from "./transfer_types.ts";

/** How far the sending of files is. */
export interface FilesProgress extends TransferProgress {
  /** The file's name. */
  name: string;
  /** Its number, from 1. */
  number: number;
  /** How many there are. */
  count: number;
}

/** How to send files. */
export interface SendFilesOptions {
  /** Hears of each chunk. */
  onProgress?(progress: FilesProgress): void;
  /** Hears of links and devices in a folder, which are not sent. */
  onLeftOut?(path: string): void;
  /** Breaks it off; it can be gone on with. */
  signal?: AbortSignal;
}

/** What stands beside files in their message. */
export interface FilesMessage {
  /** The text beside them. */
  caption?: string;
  /** The message that they answer, by its line's id or the first digits of it. */
  replyTo?: string;
  /** How long they last from when they are all at the relay, in milliseconds. */
  expiresInMs?: number;
}

/** Files whose message is not in the outbox yet. */
export interface PendingFiles {
  /** Their id, 32 hexadecimal digits; their message will have it. */
  id: string;
  /** The conversation. */
  conversation: string;
  /** When it was begun. */
  time: Date;
  /** The text beside them. */
  caption: string;
  /** The files. */
  files: { name: string; size?: number; uploaded: boolean }[];
  /** Whether another process is at work on them. */
  busy: boolean;
  /** Whether they cannot be gone on with: what a stream gave was not kept before its process ended. */
  lost: boolean;
}

/** With these nothing is going to be sent to whom it was for. */
const REFUSALS = ["unknown-user", "name-malformed"];

/**
 * Sends files: each is uploaded once, however many receive it, and one message names them all. What is to be done is
 * written down before it is begun; message and outbox change in one transaction with it. So whenever a process dies,
 * the next one goes on, and nothing is uploaded or said twice.
 */
export class OutgoingFiles {
  readonly #core: ClientCore;
  readonly #transfers: FileTransfers;
  readonly #locks: SendingLocks;
  readonly #guard: VerificationGuard;

  /** Sends as one device. */
  constructor(core: ClientCore, transfers: FileTransfers) {
    this.#core = core;
    this.#transfers = transfers;
    this.#locks = new SendingLocks(join(core.identity.folder, "sending"));
    this.#guard = new VerificationGuard(core.store);
  }

  /**
   * Uploads files and takes the message that names them: from then on it is safe in the outbox. The same files for the
   * same conversation, where an attempt was broken off, are gone on with.
   *
   * @throws {UsageError} what {@link planFile}, `encodeFiles`, `findReferable` and `expireIn` throw; `file-changed`
   * @throws {ProtocolError} `unknown-user` and what else keeps a conversation from being ready
   * @throws {NetworkError} `not-connected`, and where the relay is lost for too long; it can be gone on with
   * @throws {StorageError} where the relay has no room, or not for this user
   */
  async send(
    mailbox: string,
    sources: FileToSend[],
    { caption = "", replyTo, expiresInMs, ...options }: SendFilesOptions & FilesMessage,
  ): Promise<SentMessage> {
    const { store } = this.#core;
    const plan: BatchPlan = {
      caption,
      files: sources.map(planFile),
      ...(replyTo !== undefined && { inReplyTo: findReferable(store, mailbox, replyTo).messageId }),
      ...(expiresInMs !== undefined && { expiresInMs }),
    };
    assertFits(plan, this.#core);
    const batch = await this.#begin(mailbox, plan);
    return await this.#work(batch, options, sources);
  }

  /** Files whose message is not in the outbox yet, oldest first. */
  async pending(): Promise<PendingFiles[]> {
    const batches = this.#core.store.files.batches();
    if (batches.length === 0) return [];
    const uploads = await this.#uploads();
    return batches.map((batch) => this.#describe(batch, uploads));
  }

  /**
   * Goes on with files whose sending was broken off.
   *
   * @throws {UsageError} `files-unknown`; `stream-lost` where they cannot be gone on with: they are given up
   * @throws {StorageError} `files-busy`
   * @throws whatever {@link OutgoingFiles.send} throws
   */
  async resume(id: string, options: SendFilesOptions = {}): Promise<SentMessage> {
    return await this.#work(this.#find(id), options);
  }

  /**
   * Gives up files whose sending was broken off, here and at the relay.
   *
   * @throws {UsageError} `files-unknown`
   * @throws {StorageError} `files-busy`
   * @throws {NetworkError} where the relay could not be told; nothing has changed then
   */
  async discard(id: string): Promise<void> {
    const batch = this.#find(id);
    using _held = this.#locks.hold(batch.id);
    await this.#giveUp(batch, { keepAtRelay: false });
  }

  /**
   * Finishes what a crash has left just before its end: says that files are there whose uploads are complete, and drops
   * records of no use. Needs a connection.
   *
   * @throws whatever {@link OutgoingFiles.send} throws
   */
  async settle(): Promise<void> {
    const { serially, deliverNow, link } = this.#core;
    const uploads = await this.#uploads();
    const waiting = this.#core.store.files.batches();
    for (const [note, { id, busy }] of uploads) {
      if (!OWN_NOTE.test(note)) continue;
      if (!busy && !waiting.some((batch) => note.startsWith(noteOf(batch)))) await this.#transfers.forget(id);
    }
    for (const batch of waiting) {
      const { busy, files } = this.#describe(batch, uploads);
      if (busy || !files.every(({ uploaded }) => uploaded)) continue;
      await this.#work(batch, {});
      await serially(() => deliverNow(batch.mailbox, link.require()));
    }
  }

  /** Takes up the same plan where it was broken off, or writes a new one down. */
  async #begin(mailbox: string, plan: BatchPlan): Promise<FileBatchRow> {
    const { store, random, clock } = this.#core;
    const encoded = encodeBatchPlan(plan);
    const known = store.files.batches().find((one) =>
      one.mailbox === mailbox && equalBytes(one.plan, encoded) && !this.#locks.isBusy(one.id)
    );
    if (known !== undefined && plan.files.every(({ kind }) => kind !== "stream")) return known;
    const batch = { id: random(ENTRY_ID_BYTES), mailbox, time: clock().getTime(), plan: encoded };
    await store.transaction(() => store.files.addBatch(batch));
    return batch;
  }

  async #work(
    batch: FileBatchRow,
    options: SendFilesOptions,
    sources: FileToSend[] = [],
  ): Promise<SentMessage> {
    const sent: SentMessage = { id: encodeHex(batch.id), conversation: batch.mailbox, status: "queued" };
    using _held = this.#locks.hold(batch.id);
    // Another process may have finished it.
    if (this.#core.store.files.batch(batch.id) === undefined) return sent;
    const plan = decodeBatchPlan(batch.plan);
    const uploads = await this.#uploads();
    await this.#assertGoesOn(batch, plan, uploads, sources);
    await this.#makeReady(batch);
    const files: UploadedFile[] = [];
    for (const index of plan.files.keys()) {
      files.push(await this.#upload(batch, plan, { index, uploads, source: sources[index], options }));
    }
    await this.#enqueue(batch, plan, files.map(({ file }) => file));
    for (const { id } of files) await this.#transfers.forget(id);
    return sent;
  }

  /** The conversation must be there, with all who are to receive the files, before the relay takes them for it. */
  async #makeReady(batch: FileBatchRow): Promise<void> {
    const { serially, deliverNow, link } = this.#core;
    try {
      await serially(() => deliverNow(batch.mailbox, link.require()));
      this.#guard.check(batch.mailbox);
    } catch (error) {
      if (error instanceof ParleyError && REFUSALS.includes(error.code)) {
        await this.#giveUp(batch, { keepAtRelay: true });
      }
      throw error;
    }
  }

  async #upload(batch: FileBatchRow, plan: BatchPlan, part: PartToUpload): Promise<UploadedFile> {
    const { index, uploads, options: { onProgress, signal } } = part;
    const { name, mediaType } = plan.files[index]!;
    const note = noteOf(batch, index);
    const begun = uploads.get(note);
    const options = {
      signal,
      onProgress: (progress: TransferProgress) =>
        onProgress?.({ ...progress, name, number: index + 1, count: plan.files.length }),
    };
    if (begun !== undefined) {
      try {
        return await this.#transfers.resume(begun.id, options);
      } catch (error) {
        if (!isWorthless(error) || plan.files[index]!.kind === "stream") throw error;
        await this.#transfers.discard(begun.id, options);
      }
    }
    const source = await this.#open(plan, part);
    return await this.#transfers.upload(batch.mailbox, source, { ...options, name, mediaType, note });
  }

  async #open(
    plan: BatchPlan,
    { index, source, options: { onLeftOut = () => {} } }: PartToUpload,
  ): Promise<UploadSource> {
    if (source !== undefined && "stream" in source) return source;
    const { kind, path } = plan.files[index]!;
    if (kind !== "folder") return { path };
    const { packFolder } = await import("./pack_folder.ts");
    return { stream: packFolder(path, { onLeftOut }) };
  }

  /** The message comes into being as the batch ends. */
  #enqueue({ id, mailbox }: FileBatchRow, plan: BatchPlan, files: FileDescriptor[]): Promise<void> {
    const { store } = this.#core;
    const content = encodePlanned(plan, files, this.#core);
    return store.transaction(() => {
      enqueueContent(this.#core, mailbox, content, id);
      for (const [part, { blob }] of files.entries()) {
        store.files.put({ mailbox, id, part, blob, state: "sent", told: false, where: new Uint8Array() });
      }
      store.files.deleteBatch(id);
    });
  }

  async #assertGoesOn(
    batch: FileBatchRow,
    plan: BatchPlan,
    uploads: Uploads,
    sources: FileToSend[],
  ): Promise<void> {
    if (sources.length > 0 || !isLost(batch, plan, uploads)) return;
    await this.#giveUp(batch, { keepAtRelay: false });
    throw new UsageError("stream-lost", "what came through standard input was not kept", {
      hint: "send it again",
    });
  }

  async #giveUp(batch: FileBatchRow, { keepAtRelay }: { keepAtRelay: boolean }): Promise<void> {
    for (const [note, { id }] of await this.#uploads()) {
      if (!note.startsWith(noteOf(batch))) continue;
      await (keepAtRelay ? this.#transfers.forget(id) : this.#transfers.discard(id));
    }
    await this.#core.store.transaction(() => this.#core.store.files.deleteBatch(batch.id));
  }

  #describe(batch: FileBatchRow, uploads: Uploads): PendingFiles {
    const plan = decodeBatchPlan(batch.plan);
    const busy = this.#locks.isBusy(batch.id);
    const files = plan.files.map(({ name }, index) => {
      const upload = uploads.get(noteOf(batch, index));
      return { name, uploaded: upload?.complete ?? false, ...(upload && { size: upload.size }) };
    });
    return {
      ...{ id: encodeHex(batch.id), conversation: batch.mailbox, time: new Date(batch.time) },
      ...{ caption: plan.caption, files, busy, lost: !busy && isLost(batch, plan, uploads) },
    };
  }

  #find(id: string): FileBatchRow {
    const prefix = id.toLowerCase();
    const batch = this.#core.store.files.batches().find((one) => encodeHex(one.id).startsWith(prefix));
    if (batch !== undefined && prefix.length >= 4) return batch;
    throw new UsageError("files-unknown", `there are no files ${prefix} on their way`, {
      hint: "'parley files list' shows what was not sent to its end",
    });
  }

  async #uploads(): Promise<Uploads> {
    return new Map((await this.#transfers.pending()).map((upload) => [upload.note, upload]));
  }
}

type Uploads = ReadonlyMap<string, PendingUpload>;

interface PartToUpload {
  index: number;
  uploads: Uploads;
  source: FileToSend | undefined;
  options: SendFilesOptions;
}

const OWN_NOTE = /^[0-9a-f]{32}\/\d+$/;

/** What an upload is known by: its batch, and its place there. */
function noteOf({ id }: FileBatchRow, index?: number): string {
  return `${encodeHex(id)}/${index ?? ""}`;
}

/** Whether something of it came from a stream that was not kept to its end. */
function isLost(batch: FileBatchRow, { files }: BatchPlan, uploads: Uploads): boolean {
  return files.some(({ kind }, index) => kind === "stream" && !uploads.has(noteOf(batch, index)));
}

/** Whether what an upload was made from is not there any more as it was. */
function isWorthless(error: unknown): boolean {
  return error instanceof ParleyError && ["file-changed", "spool-damaged"].includes(error.code);
}

/** Encodes the message with as many bytes as it will have, before anything is uploaded for it. */
function assertFits(plan: BatchPlan, core: ClientCore): void {
  const files = plan.files.map(({ name, mediaType }) => ({
    ...{ blob: new Uint8Array(BLOB_ID_BYTES), key: new Uint8Array(FILE_KEY_BYTES), size: MAX_FILE_BYTES },
    ...{ hash: new Uint8Array(FILE_HASH_BYTES), name, mediaType },
  }));
  encodePlanned(plan, files, core);
}

function encodePlanned(
  { caption, inReplyTo, expiresInMs }: BatchPlan,
  files: FileDescriptor[],
  { random, clock }: ClientCore,
): Uint8Array {
  const expires = expireIn(expiresInMs, clock());
  return encodeFiles(files.map(toFileReference), random, { caption, inReplyTo, expires });
}
