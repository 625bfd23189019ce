import { join } from "node:path";
import { encodeHex, equalBytes } from "../../bytes/mod.ts";
import { ParleyError, UsageError } from "../../errors/mod.ts";
import type { FileBatchRow } from "../../store/mod.ts";
import { ENTRY_ID_BYTES } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { SentMessage } from "../client_types.ts";
import { enqueueContent } from "../delivery/enqueue_content.ts";
import { findReferable } from "../delivery/find_referable.ts";
import { VerificationGuard } from "../people/verification_guard.ts";
import { assertBatchFits, encodeBatchMessage } from "./batch_message.ts";
import { BatchUploads } from "./batch_uploads.ts";
import { type BatchPlan, decodeBatchPlan, encodeBatchPlan, type FileToSend, planFile } from "./file_batch.ts";
import type { FileDescriptor } from "./file_descriptor.ts";
import type { FileTransfers } from "./file_transfers.ts";
import type { FilesMessage, PendingFiles, SendFilesOptions } from "./outgoing_types.ts";
import { SendingLocks } from "./sending_locks.ts";
import type { UploadedFile } from "./transfer_types.ts";

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
   * @throws {UsageError} what {@link planFile}, {@link assertBatchFits} and `findReferable` throw; `file-changed`
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
    assertBatchFits(plan, this.#core);
    const batch = await this.#begin(mailbox, plan);
    return await this.#work(batch, options, sources);
  }

  /** Files whose message is not in the outbox yet, oldest first. */
  async pending(): Promise<PendingFiles[]> {
    const batches = this.#core.store.files.batches();
    if (batches.length === 0) return [];
    const uploads = await BatchUploads.read(this.#transfers);
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
    const uploads = await BatchUploads.read(this.#transfers);
    const waiting = this.#core.store.files.batches();
    await uploads.forgetAllBut(waiting);
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
    const uploads = await BatchUploads.read(this.#transfers);
    if (sources.length === 0) await this.#assertGoesOn(batch, plan, uploads);
    await this.#makeReady(batch);
    const files: UploadedFile[] = [];
    for (const index of plan.files.keys()) {
      files.push(await uploads.upload(batch, plan, { index, source: sources[index], options }));
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

  /** The message comes into being as the batch ends. */
  #enqueue({ id, mailbox }: FileBatchRow, plan: BatchPlan, files: FileDescriptor[]): Promise<void> {
    const { store } = this.#core;
    const content = encodeBatchMessage(plan, files, this.#core);
    return store.transaction(() => {
      enqueueContent(this.#core, mailbox, content, id);
      for (const [part, { blob }] of files.entries()) {
        store.files.put({ mailbox, id, part, blob, state: "sent", told: false, where: new Uint8Array() });
      }
      store.files.deleteBatch(id);
    });
  }

  async #assertGoesOn(batch: FileBatchRow, plan: BatchPlan, uploads: BatchUploads): Promise<void> {
    if (!uploads.isLost(batch, plan)) return;
    await this.#giveUp(batch, { keepAtRelay: false });
    throw new UsageError("stream-lost", "what came through standard input was not kept", {
      hint: "send it again",
    });
  }

  async #giveUp(batch: FileBatchRow, options: { keepAtRelay: boolean }): Promise<void> {
    const uploads = await BatchUploads.read(this.#transfers);
    await uploads.drop(batch, options);
    await this.#core.store.transaction(() => this.#core.store.files.deleteBatch(batch.id));
  }

  #describe(batch: FileBatchRow, uploads: BatchUploads): PendingFiles {
    const plan = decodeBatchPlan(batch.plan);
    const busy = this.#locks.isBusy(batch.id);
    const files = plan.files.map(({ name }, index) => {
      const upload = uploads.find(batch, index);
      return { name, uploaded: upload?.complete ?? false, ...(upload && { size: upload.size }) };
    });
    return {
      ...{ id: encodeHex(batch.id), conversation: batch.mailbox, time: new Date(batch.time) },
      ...{ caption: plan.caption, files, busy, lost: !busy && uploads.isLost(batch, plan) },
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
}
