import type { FileDescriptor } from "./file_descriptor.ts";

/**
 * What is uploaded: a regular file, which must not change meanwhile, or what a stream gives, which is first kept
 * encrypted in the identity's folder.
 */
export type UploadSource = { path: string } | { stream: AsyncIterable<Uint8Array> };

/** How far a transfer is, in bytes of the file's content. */
export interface TransferProgress {
  /**
   * `spooling`: a stream is kept; `checking`: what has been transferred is read again for the hash;
   * `sending`, `receiving`.
   */
  phase: "spooling" | "checking" | "sending" | "receiving";
  /** Bytes that are safe at the other end, or (`spooling`, `checking`) worked through. */
  doneBytes: number;
  /** The whole; undefined as long as a stream has not ended. */
  totalBytes: number | undefined;
}

/** How to transfer. */
export interface TransferOptions {
  /** Hears of each chunk. */
  onProgress?(progress: TransferProgress): void;
  /** Breaks the transfer off; it can be gone on with. */
  signal?: AbortSignal;
  /** Without progress for so long, the transfer fails. Default 60,000. */
  patienceMs?: number;
}

/** How to download. */
export interface DownloadOptions extends TransferOptions {
  /** Where the target is, so that a thread can hash what is in it. */
  path?: string;
}

/** How to upload. */
export interface UploadOptions extends TransferOptions {
  /** The name that the receivers get. */
  name: string;
  /** Such as `application/octet-stream`. */
  mediaType: string;
  /** Kept with the upload for whoever goes on with it. */
  note?: string;
}

/** A file that lies at the relay. */
export interface UploadedFile {
  /** The upload's id here. */
  id: string;
  /** What the receivers need. */
  file: FileDescriptor;
}

/** An upload that was begun here. */
export interface PendingUpload {
  /** Its id, 32 hexadecimal digits. */
  id: string;
  /** The conversation. */
  mailbox: string;
  /** The name that the receivers get. */
  name: string;
  /** The file's size. */
  size: number;
  /** What {@link UploadOptions} gave. */
  note: string;
  /** The file that is uploaded; undefined where it was a stream. */
  path: string | undefined;
  /** Whether the relay has everything. */
  complete: boolean;
  /** Whether a process is at work on it. */
  busy: boolean;
  /** When it was begun, in milliseconds since 1970. */
  createdAt: number;
}
