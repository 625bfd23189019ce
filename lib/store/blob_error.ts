import { ParleyError, ProtocolError, StorageError } from "../errors/mod.ts";

/** What the system calls a disk or a quota that is used up. */
const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Makes a typed error of what the system threw at work on a blob's file. */
export function toBlobError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  if (FULL.has((error as { code?: unknown } | null)?.code)) return blobStorageFull(error);
  return new StorageError("blob-storage-failed", "the relay's store of files failed", {
    hint: "the relay's log says more",
    cause: error,
  });
}

/** The error for an upload that finds no room. */
export function blobStorageFull(cause?: unknown): StorageError {
  return new StorageError("blob-storage-full", "the relay has no room for files now", {
    hint: "its operator can make room; the upload can go on then",
    cause,
  });
}

/** The error for a blob that is not there, or not any more. */
export function blobUnknown(): ProtocolError {
  return new ProtocolError("blob-unknown", "the relay does not have this file (any more)");
}

/** The error for a record that is not as it was stored. */
export function blobDamaged(): StorageError {
  return new StorageError("blob-damaged", "the file is damaged on the relay's disk", {
    hint: "have it sent again",
  });
}
