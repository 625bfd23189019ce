import { encodeHex } from "../../bytes/mod.ts";
import { ParleyError } from "../../errors/mod.ts";
import type { FileBatchRow } from "../../store/mod.ts";
import type { BatchPlan, FileToSend } from "./file_batch.ts";
import type { FileTransfers } from "./file_transfers.ts";
import type { SendFilesOptions } from "./outgoing_types.ts";
import type { PendingUpload, TransferProgress, UploadedFile, UploadSource } from "./transfer_types.ts";

/** One of a batch's files. */
export interface PartToUpload {
  /** Its place among them. */
  index: number;
  /** What the caller has given for it; undefined where another process had planned it. */
  source: FileToSend | undefined;
  /** How to send it. */
  options: SendFilesOptions;
}

/** An upload's note where a batch made it, see {@link noteOf}; others may have notes of their own. */
const OWN_NOTE = /^[0-9a-f]{32}\/\d+$/;

/** The uploads that were begun for batches of files, as they were when they were read. */
export class BatchUploads {
  readonly #transfers: FileTransfers;
  readonly #byNote: ReadonlyMap<string, PendingUpload>;

  private constructor(transfers: FileTransfers, pending: PendingUpload[]) {
    this.#transfers = transfers;
    this.#byNote = new Map(pending.map((upload) => [upload.note, upload]));
  }

  /** Reads which there are. */
  static async read(transfers: FileTransfers): Promise<BatchUploads> {
    return new BatchUploads(transfers, await transfers.pending());
  }

  /** The upload of one of a batch's files, if it was begun. */
  find(batch: FileBatchRow, index: number): PendingUpload | undefined {
    return this.#byNote.get(noteOf(batch, index));
  }

  /** Whether something of a batch came from a stream that was not kept to its end. */
  isLost(batch: FileBatchRow, { files }: BatchPlan): boolean {
    return files.some(({ kind }, index) => kind === "stream" && this.find(batch, index) === undefined);
  }

  /**
   * Uploads one of a batch's files, from where it was broken off if it was.
   *
   * @throws whatever {@link FileTransfers.upload} throws
   */
  async upload(batch: FileBatchRow, plan: BatchPlan, part: PartToUpload): Promise<UploadedFile> {
    const { index, options: { onProgress, signal } } = part;
    const { name, mediaType, kind } = plan.files[index]!;
    const begun = this.find(batch, index);
    const options = {
      signal,
      onProgress: (progress: TransferProgress) =>
        onProgress?.({ ...progress, name, number: index + 1, count: plan.files.length }),
    };
    if (begun !== undefined) {
      try {
        return await this.#transfers.resume(begun.id, options);
      } catch (error) {
        if (!isWorthless(error) || kind === "stream") throw error;
        await this.#transfers.discard(begun.id, options);
      }
    }
    const source = await openSource(plan, part);
    const note = noteOf(batch, index);
    return await this.#transfers.upload(batch.mailbox, source, { ...options, name, mediaType, note });
  }

  /**
   * Drops the uploads of a batch here, and at the relay if it is not to keep them.
   *
   * @throws {NetworkError} where the relay could not be told
   */
  async drop(batch: FileBatchRow, { keepAtRelay }: { keepAtRelay: boolean }): Promise<void> {
    for (const [note, { id }] of this.#byNote) {
      if (!note.startsWith(noteOf(batch))) continue;
      await (keepAtRelay ? this.#transfers.forget(id) : this.#transfers.discard(id));
    }
  }

  /** Drops here what was uploaded for other batches than these, whose messages are on their way. */
  async forgetAllBut(batches: FileBatchRow[]): Promise<void> {
    for (const [note, { id, busy }] of this.#byNote) {
      if (!OWN_NOTE.test(note)) continue;
      if (!busy && !batches.some((batch) => note.startsWith(noteOf(batch)))) await this.#transfers.forget(id);
    }
  }
}

/** What an upload is known by: its batch, and its place there. */
function noteOf({ id }: FileBatchRow, index?: number): string {
  return `${encodeHex(id)}/${index ?? ""}`;
}

async function openSource(
  plan: BatchPlan,
  { index, source, options: { onLeftOut = () => {} } }: PartToUpload,
): Promise<UploadSource> {
  if (source !== undefined && "stream" in source) return source;
  const { kind, path } = plan.files[index]!;
  if (kind !== "folder") return { path };
  const { packFolder } = await import("./pack_folder.ts");
  return { stream: packFolder(path, { onLeftOut }) };
}

/** Whether what an upload was made from is not there any more as it was. */
function isWorthless(error: unknown): boolean {
  return error instanceof ParleyError && ["file-changed", "spool-damaged"].includes(error.code);
}
