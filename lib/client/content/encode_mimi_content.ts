import { InternalError, UsageError } from "../../errors/mod.ts";
import { CborReader, compareBytes } from "./cbor_reader.ts";
import { CborWriter, outOfBounds } from "./cbor_writer.ts";
import {
  cardinalities,
  contentLimits,
  type Expiration,
  type ExternalPart,
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

/**
 * Encodes a message (draft-ietf-mimi-content-09 §4 to §6) as deterministic CBOR:
 *
 * ```text
 * [salt, replaces, topicId, expires, inReplyTo, {extensions}, nestedPart]
 *
 * expires    = null / [relative, time]
 * nestedPart = [disposition, language, 0]
 *            / [disposition, language, 1, contentType, content]
 *            / [disposition, language, 2, contentType, url, expires, size, encAlg, key, nonce, aad, hashAlg,
 *               contentHash, description, filename]
 *            / [disposition, language, 3, partSemantics, [2* nestedPart]]
 * ```
 *
 * @throws {UsageError} `content-too-long`
 * @throws {InternalError} for a field outside of {@link contentLimits}
 */
export function encodeMimiContent(content: MimiContent): Uint8Array {
  if (content.salt.length !== SALT_BYTES) throw outOfBounds("salt");
  if (countParts(content.nestedPart) > contentLimits.parts) throw outOfBounds("parts");
  const writer = new CborWriter().array(7).bytes(content.salt, "salt", SALT_BYTES);
  writeMessageId(writer, content.replaces, "replaces");
  writer.bytes(content.topicId, "topicId", contentLimits.topicId);
  writeExpiration(writer, content.expires);
  writeMessageId(writer, content.inReplyTo, "inReplyTo");
  writeExtensions(writer, content.extensions);
  writePart(writer, content.nestedPart, 1);
  const bytes = writer.finish();
  if (bytes.length <= contentLimits.content) return bytes;
  throw new UsageError(
    "content-too-long",
    `the message has ${bytes.length} bytes, at most ${contentLimits.content} fit`,
    { hint: "send it in parts" },
  );
}

/** Writes a message id or null. */
export function writeMessageId(writer: CborWriter, id: MessageId | null, field: string): void {
  if (id === null) return void writer.null();
  if (id.length !== MESSAGE_ID_BYTES || id[0] !== HASH_SHA256) throw outOfBounds(field);
  writer.bytes(id, field, MESSAGE_ID_BYTES);
}

function writeExpiration(writer: CborWriter, expires: Expiration | null): void {
  if (expires === null) writer.null();
  else writer.array(2).boolean(expires.relative).uint(expires.time, "expires", MAX_UINT32);
}

/** Keys ascend as their encodings do (RFC 8949 §4.2.1). */
function writeExtensions(writer: CborWriter, extensions: MimiExtension[]): void {
  const pairs = extensions.map(({ key, value }) => ({ key: encodeKey(key), value: checkValue(value) }))
    .sort((a, b) => compareBytes(a.key, b.key));
  const repeated = pairs.some(({ key }, i) => i > 0 && compareBytes(pairs[i - 1]!.key, key) === 0);
  if (repeated || pairs.length > contentLimits.extensions) throw outOfBounds("extensions");
  writer.map(pairs.length);
  for (const { key, value } of pairs) writer.raw(key).raw(value);
}

function encodeKey(key: number | string): Uint8Array {
  if (key === "") throw outOfBounds("extensions");
  const writer = new CborWriter();
  return (typeof key === "number" ? writer.int(key, "extensions") : writer.text(key, "extensions", 255))
    .finish();
}

function checkValue(value: Uint8Array): Uint8Array {
  try {
    const reader = new CborReader(value);
    reader.item("extensions", contentLimits.depth - 1);
    reader.end("extensions");
  } catch (cause) {
    throw new InternalError("cannot encode message content: an extension's value is not CBOR", { cause });
  }
  return value;
}

function writePart(writer: CborWriter, part: NestedPart, depth: number): void {
  if (depth > contentLimits.depth) throw outOfBounds("depth");
  const cardinality = cardinalities.findIndex(([name]) => name === part.cardinality);
  writer.array(cardinalities[cardinality]![1])
    .uint(part.disposition, "disposition", 255)
    .text(part.language, "language", contentLimits.language)
    .uint(cardinality, "cardinality", 3);
  if (part.cardinality === "null") return;
  if (part.cardinality === "multi") {
    if (part.parts.length < 2) throw outOfBounds("parts");
    writer.uint(partSemantics.indexOf(part.partSemantics), "partSemantics", partSemantics.length - 1)
      .array(part.parts.length);
    for (const one of part.parts) writePart(writer, one, depth + 1);
    return;
  }
  writer.text(part.contentType, "contentType", contentLimits.contentType);
  if (part.cardinality === "single") writer.bytes(part.content, "content", Infinity);
  else writeExternal(writer, part);
}

function writeExternal(writer: CborWriter, part: ExternalPart): void {
  writer.text(part.url, "url", contentLimits.url)
    .uint(part.expires, "expires", MAX_UINT32)
    .uint(part.size, "size", Number.MAX_SAFE_INTEGER)
    .uint(part.encAlg, "encAlg", 0xffff)
    .bytes(part.key.expose(), "key", contentLimits.key)
    .bytes(part.nonce, "nonce", contentLimits.nonce)
    .bytes(part.aad, "aad", contentLimits.aad)
    .uint(part.hashAlg, "hashAlg", 0xff)
    .bytes(part.contentHash, "contentHash", contentLimits.contentHash)
    .text(part.description, "description", contentLimits.description)
    .text(part.filename, "filename", contentLimits.filename);
}

function countParts(part: NestedPart): number {
  return part.cardinality === "multi" ? part.parts.reduce((sum, one) => sum + countParts(one), 1) : 1;
}
