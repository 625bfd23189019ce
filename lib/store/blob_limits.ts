/** Bounds of what a blob store keeps. */
export interface BlobLimits {
  /** Bytes of one blob. */
  maxBlobBytes: number;
  /** Bytes of the blobs that one user has uploaded, finished or not, by their declared sizes. */
  maxBytesPerUser: number;
  /** Blobs that one user has uploaded, finished or not. */
  maxBlobsPerUser: number;
  /** Bytes of all blobs, by their declared sizes. */
  maxBytes: number;
  /** Bytes that stay free on the disk, so that messages still find room when files do not. */
  minFreeBytes: number;
  /** How long a finished blob is kept for devices that do not fetch it, in milliseconds. */
  retentionMs: number;
  /** How long an upload that nobody goes on with is kept, in milliseconds. */
  uploadTimeoutMs: number;
  /** Files that are open at once for reading, and as many for writing. */
  maxOpenFiles: number;
}

const GIB = 1024 ** 3;
const DAY_MS = 24 * 60 * 60_000;

/** The bounds of a blob store unless told otherwise. */
export const defaultBlobLimits: Readonly<BlobLimits> = {
  maxBlobBytes: 256 * GIB,
  maxBytesPerUser: 256 * GIB,
  maxBlobsPerUser: 10_000,
  maxBytes: 4096 * GIB,
  minFreeBytes: GIB / 2,
  retentionMs: 30 * DAY_MS,
  uploadTimeoutMs: 7 * DAY_MS,
  maxOpenFiles: 128,
};
