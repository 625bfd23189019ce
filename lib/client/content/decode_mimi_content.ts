import { SecretBytes } from "../../crypto/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { CborReader } from "./cbor_reader.ts";
import {
  cardinalities,
  contentLimits,
  type Expiration,
  HASH_SHA256,
  MESSAGE_ID_BYTES,
  type MessageId,
  type MimiContent,
  type MimiExtension,
  type NestedPart,
  partSemantics,
  SALT_BYTES,
} from "./mimi_content.ts";

/** The largest unsigned integer of 32 bits. */
const MAX_UINT32 = 0xffff_ffff;

/** How many more parts may follow. */
interface Budget {
  parts: number;
}

/**
 * Decodes a message (draft-ietf-mimi-content-09 §4 to §6) under {@link contentLimits}. The encoding must be
 * deterministic but for the width of floats, which occur in extensions only. What has no meaning here is
 * kept: dispositions, content types, languages, extensions. Byte strings are views of `bytes`, keys are copies.
 *
 * @throws {DecodeError} `content-malformed`, `truncated`, `utf8-malformed`
 */
export function decodeMimiContent(bytes: Uint8Array): MimiContent {
  if (bytes.length > contentLimits.content) {
    throw new DecodeError("content-malformed", "cannot decode message content: it is too long");
  }
  const reader = new CborReader(bytes);
  reader.array("message", 7);
  const content: MimiContent = {
    salt: decodeSalt(reader),
    replaces: decodeMessageId(reader, "replaces"),
    topicId: reader.bytes("topicId", contentLimits.topicId),
    expires: decodeExpiration(reader),
    inReplyTo: decodeMessageId(reader, "inReplyTo"),
    extensions: decodeExtensions(reader),
    nestedPart: decodePart(reader, 1, { parts: contentLimits.parts - 1 }),
  };
  reader.end("message");
  return content;
}

function decodeSalt(reader: CborReader): Uint8Array {
  const salt = reader.bytes("salt", SALT_BYTES);
  if (salt.length !== SALT_BYTES) throw reader.malformed("salt");
  return salt;
}

/** Reads a message id or null. The draft wants messages discarded that name an unknown hash (§9.1). */
export function decodeMessageId(reader: CborReader, field: string): MessageId | null {
  const id = reader.nullOrBytes(field, MESSAGE_ID_BYTES);
  if (id !== null && id[0] !== HASH_SHA256) throw reader.malformed(field);
  return id;
}

function decodeExpiration(reader: CborReader): Expiration | null {
  if (!reader.nullOrArray("expires", 2)) return null;
  return { relative: reader.boolean("expires"), time: reader.uint("expires", MAX_UINT32) };
}

/** The map of the extensions is the first of the levels that the draft allows (§6.3). */
function decodeExtensions(reader: CborReader): MimiExtension[] {
  const extensions: MimiExtension[] = [];
  let key: number | string = 0;
  const readKey = () => {
    if (extensions.length === contentLimits.extensions) throw reader.malformed("extensions");
    key = reader.key("extensions");
  };
  const readValue = () => {
    extensions.push({ key, value: reader.item("extensions", contentLimits.depth - 1) });
  };
  reader.map("extensions", readKey, readValue);
  return extensions;
}

function decodePart(reader: CborReader, depth: number, budget: Budget): NestedPart {
  if (depth > contentLimits.depth) throw reader.malformed("part");
  const fields = reader.array("part");
  const disposition = reader.uint("disposition", 255);
  const language = reader.text("language", contentLimits.language);
  const [cardinality, expected] = cardinalities[reader.uint("cardinality", 3)]!;
  if (fields !== expected) throw reader.malformed("part");
  const common = { disposition, language };
  if (cardinality === "null") return { ...common, cardinality };
  if (cardinality === "multi") return { ...common, cardinality, ...decodeMulti(reader, depth, budget) };
  const contentType = reader.text("contentType", contentLimits.contentType);
  if (cardinality === "external") return { ...common, cardinality, contentType, ...decodeExternal(reader) };
  return { ...common, cardinality, contentType, content: reader.bytes("content", contentLimits.content) };
}

function decodeExternal(reader: CborReader) {
  return {
    url: reader.text("url", contentLimits.url),
    expires: reader.uint("expires", MAX_UINT32),
    size: reader.uint("size", Number.MAX_SAFE_INTEGER),
    encAlg: reader.uint("encAlg", 0xffff),
    // A copy: who wipes the key must not write into the message.
    key: new SecretBytes(reader.bytes("key", contentLimits.key).slice()),
    nonce: reader.bytes("nonce", contentLimits.nonce),
    aad: reader.bytes("aad", contentLimits.aad),
    hashAlg: reader.uint("hashAlg", 0xff),
    contentHash: reader.bytes("contentHash", contentLimits.contentHash),
    description: reader.text("description", contentLimits.description),
    filename: reader.text("filename", contentLimits.filename),
  };
}

function decodeMulti(reader: CborReader, depth: number, budget: Budget) {
  const semantics = partSemantics[reader.uint("partSemantics", partSemantics.length - 1)]!;
  const count = reader.array("parts");
  if (count < 2 || count > budget.parts) throw reader.malformed("parts");
  budget.parts -= count;
  const parts = Array.from({ length: count }, () => decodePart(reader, depth + 1, budget));
  return { partSemantics: semantics, parts };
}
