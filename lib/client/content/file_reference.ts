import type { SecretBytes } from "../../crypto/mod.ts";
import { dispositions, type ExternalPart } from "./mimi_content.ts";

/**
 * Where a file's content is and how it is opened (draft-ietf-mimi-content-09 §4.5). Everything in it is
 * what the sender says: the name may hold separators, control characters or nothing.
 */
export interface FileReference {
  /** The proposed file name. */
  name: string;
  /** A description for people. */
  description: string;
  /** The media type. */
  contentType: string;
  /** Where the encrypted content is. */
  url: string;
  /** Until when it is there, in seconds since 1970; 0: no end. */
  expires: number;
  /** The size in bytes; 0: not said. */
  size: number;
  /** AEAD algorithm by IANA's number; 0: not encrypted. */
  encAlg: number;
  /** The AEAD's key. */
  key: SecretBytes;
  /** The AEAD's nonce. */
  nonce: Uint8Array;
  /** The AEAD's additional data. */
  aad: Uint8Array;
  /** Hash algorithm by IANA's number for named information; 1: SHA-256. */
  hashAlg: number;
  /** The hash of the content. */
  hash: Uint8Array;
}

/** Turns a file into a part of a message. */
export function toExternalPart(file: FileReference): ExternalPart {
  const { name, description, hash, ...fields } = file;
  return {
    ...fields,
    cardinality: "external",
    disposition: dispositions.attachment,
    language: "",
    contentHash: hash,
    // Names of files need not be Unicode everywhere; text in CBOR must be.
    description: description.toWellFormed(),
    filename: name.toWellFormed(),
  };
}

/** Turns a part of a message into a file. */
export function toFileReference(part: ExternalPart): FileReference {
  const { cardinality: _, disposition: _d, language: _l, contentHash, filename, ...fields } = part;
  return { ...fields, name: filename, hash: contentHash };
}
