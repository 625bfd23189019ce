import { decodeHex, encodeHex } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import type { FileReference } from "../content/mod.ts";
import { checkFileDescriptor, type FileDescriptor } from "./file_descriptor.ts";

/** The media type of a folder: a tar stream of what is in it, to be unpacked under the part's name. */
export const FOLDER_TYPE = "application/vnd.parley.folder+tar";

const URL_PREFIX = "parley-blob:";
/** Of IANA's registry of AEAD algorithms the first for private use: the chunks of docs/PROTOCOL.md, "Files". */
const CHUNKED_AEAD = 0x8000;
/** SHA-256 among IANA's hash algorithms for named information. */
const SHA_256 = 1;

/** What a message says of a file. */
export function toFileReference({ blob, key, size, hash, name, mediaType }: FileDescriptor): FileReference {
  return {
    ...{ name, description: "", contentType: mediaType, url: URL_PREFIX + encodeHex(blob), expires: 0, size },
    ...{ encAlg: CHUNKED_AEAD, key, nonce: new Uint8Array(), aad: new Uint8Array() },
    ...{ hashAlg: SHA_256, hash },
  };
}

/**
 * What a message says is needed to fetch a file.
 *
 * @throws {DecodeError} `file-descriptor-malformed` where it is no file of a parley relay's
 */
export function toFileDescriptor(reference: FileReference): FileDescriptor {
  const { url, encAlg, hashAlg, key, size, hash, name, contentType: mediaType } = reference;
  const blob = blobOfUrl(url);
  if (blob === undefined || encAlg !== CHUNKED_AEAD || hashAlg !== SHA_256) {
    throw new DecodeError("file-descriptor-malformed", "the file is not one of a parley relay's");
  }
  const file = { blob, key, size, hash: hash.slice(), name, mediaType };
  checkFileDescriptor(file);
  return file;
}

/** The blob that a part's URL names; undefined where it names something else. */
export function blobOfUrl(url: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = /^parley-blob:([0-9a-f]{64})$/.exec(url)?.[1];
  return digits === undefined ? undefined : decodeHex(digits);
}
