import { BLOB_CHECKSUM_BYTES } from "../../wire/mod.ts";

/** Plaintext in a chunk, all but the last of a file. */
export const FILE_CHUNK_BYTES = 256 * 1024;
/** Random bytes at the beginning of each record; see `FileSealer`. */
export const FILE_SALT_BYTES = 16;
/** A larger file is refused before anything is done for it: 16 TiB. */
export const MAX_FILE_BYTES: number = 2 ** 44;

const TAG_BYTES = 16;
const MIN_PADDED_BYTES = 4_096;
/** What a record has besides its chunk of plaintext. */
export const FILE_OVERHEAD_BYTES: number = BLOB_CHECKSUM_BYTES + FILE_SALT_BYTES + TAG_BYTES;

/** How a file of a size lies in chunks and records. */
export interface FileLayout {
  /** Chunks that hold content and padding; at least one. */
  chunks: number;
  /** Plaintext in the last chunk. */
  lastChunkBytes: number;
  /** The length of the last chunk's record. */
  lastRecordBytes: number;
}

/**
 * The size that the relay sees of a file: 4 KiB, or the size rounded up so that its first few binary digits
 * only are left (Padmé; Nikitin et al. 2019, "Reducing Metadata Leakage from Encrypted Files and Communication with
 * PURBs", §4). It is at most 12 percent more, for large files less: 3 percent from 1 GiB up.
 */
export function padFileSize(size: number): number {
  if (size <= MIN_PADDED_BYTES) return MIN_PADDED_BYTES;
  const exponent = floorLog2(size);
  const unit = 2 ** (exponent - floorLog2(exponent) - 1);
  return Math.ceil(size / unit) * unit;
}

/** How a file of this many bytes lies in chunks and records. */
export function layOutFile(size: number): FileLayout {
  const padded = padFileSize(size);
  const chunks = Math.ceil(padded / FILE_CHUNK_BYTES);
  const lastChunkBytes = padded - (chunks - 1) * FILE_CHUNK_BYTES;
  return { chunks, lastChunkBytes, lastRecordBytes: lastChunkBytes + FILE_OVERHEAD_BYTES };
}

/** The logarithm of a float is off by one beside large powers of two. */
function floorLog2(value: number): number {
  let exponent = 0;
  for (let power = 2; power <= value; power *= 2) exponent++;
  return exponent;
}
