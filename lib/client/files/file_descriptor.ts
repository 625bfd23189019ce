import type { SecretBytes } from "../../crypto/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { BLOB_ID_BYTES } from "../../wire/mod.ts";
import { MAX_FILE_BYTES } from "./file_layout.ts";

/** The length of a file's key. */
export const FILE_KEY_BYTES = 32;
/** The length of a file's hash. */
export const FILE_HASH_BYTES = 32;

/** What whoever may read a file needs of it. It travels inside the end-to-end encrypted message. */
export interface FileDescriptor {
  /** The blob's id at the relay: 32 random bytes. */
  blob: Uint8Array<ArrayBuffer>;
  /** The file's key: 32 random bytes. */
  key: SecretBytes;
  /** Its size in bytes, without padding. */
  size: number;
  /** The SHA-256 of its content. */
  hash: Uint8Array<ArrayBuffer>;
  /** Its name as the sender gave it, not fit to be used as it is. */
  name: string;
  /** Its media type, such as `application/octet-stream`. */
  mediaType: string;
}

/**
 * Checks what was decoded.
 *
 * @throws {DecodeError} `file-descriptor-malformed`
 */
export function checkFileDescriptor({ blob, key, size, hash }: FileDescriptor): void {
  if (blob.length !== BLOB_ID_BYTES) throw malformed("blob");
  if (key.expose().length !== FILE_KEY_BYTES) throw malformed("key");
  if (hash.length !== FILE_HASH_BYTES) throw malformed("hash");
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_FILE_BYTES) throw malformed("size");
}

function malformed(field: string): DecodeError {
  return new DecodeError("file-descriptor-malformed", `cannot decode a file's description: ${field}`, {
    field,
  });
}
