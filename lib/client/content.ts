import { type CborValue, decodeCbor, encodeCbor } from "../bytes/mod.ts";
import { decodeUtf8, encodeUtf8 } from "../bytes/mod.ts";
import type { RandomSource } from "../crypto/mod.ts";
import { DecodeError, UsageError } from "../errors/mod.ts";

/** What a message says. */
export type Content =
  | { kind: "text"; text: string }
  /** A part that this version cannot show. */
  | { kind: "other"; contentType: string };

const SALT_BYTES = 16;
const TEXT_TYPE = "text/plain;charset=utf-8";
/** Leaves room for padding, signature and framing within the relay's bound. */
const MAX_TEXT_BYTES = 48 * 1024;

/** Values of the draft's enumerations that are used here. */
const DISPOSITION_RENDER = 1, CARDINALITY_SINGLE = 1;

/**
 * Encodes a text as MIMI content (draft-ietf-mimi-content-08 §4) in CBOR:
 *
 * ```text
 * [salt, replaces, topicId, expires, inReplyTo, extensions,
 *  [disposition, language, cardinality, contentType, content]]
 * ```
 *
 * @throws {UsageError} `text-empty`, `text-too-long`
 */
export function encodeText(text: string, random: RandomSource): Uint8Array {
  const content = encodeUtf8(text);
  if (content.length === 0) throw new UsageError("text-empty", "there is no text to send");
  if (content.length > MAX_TEXT_BYTES) {
    throw new UsageError(
      "text-too-long",
      `the text has ${content.length} bytes, at most ${MAX_TEXT_BYTES} fit`,
      {
        hint: "send it in parts",
      },
    );
  }
  const part = [DISPOSITION_RENDER, "", CARDINALITY_SINGLE, TEXT_TYPE, content];
  return encodeCbor([random(SALT_BYTES), null, new Uint8Array(), null, null, {}, part]);
}

/**
 * Decodes MIMI content. A single part of plain text is understood; everything else that is well formed is
 * reported with its type.
 *
 * @throws {DecodeError} `content-malformed`, `cbor-malformed`, `utf8-malformed`
 */
export function decodeContent(bytes: Uint8Array): Content {
  const fields = decodeCbor(bytes) as CborValue;
  if (!Array.isArray(fields) || fields.length !== 7) throw malformed("envelope");
  const [salt, , , , , , part] = fields;
  if (!(salt instanceof Uint8Array) || salt.length !== SALT_BYTES) throw malformed("salt");
  if (!Array.isArray(part) || part.length < 3) throw malformed("part");
  const [, , cardinality, contentType, content] = part;
  if (cardinality !== CARDINALITY_SINGLE) return { kind: "other", contentType: "multipart" };
  if (typeof contentType !== "string") throw malformed("content type");
  if (contentType !== TEXT_TYPE) return { kind: "other", contentType: contentType.slice(0, 100) };
  if (!(content instanceof Uint8Array)) throw malformed("content");
  return { kind: "text", text: decodeUtf8(content) };
}

function malformed(field: string): DecodeError {
  return new DecodeError("content-malformed", `cannot decode message content: ${field}`, { field });
}
