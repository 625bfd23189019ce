import { type CborValue, decodeCbor, decodeUtf8 } from "../../bytes/mod.ts";
import type { BodyContent, BodyFields, Content, UnknownPart } from "./content.ts";
import { decodeMimiContent } from "./decode_mimi_content.ts";
import { type FileReference, toFileReference } from "./file_reference.ts";
import { parseControlType, textFormat } from "./media_type.ts";
import {
  dispositions,
  type MimiContent,
  type MultiPart,
  type NestedPart,
  type SinglePart,
} from "./mimi_content.ts";
import { decodeStatuses, STATUS_TYPE } from "./status_report.ts";

/** A longer reaction is shown as a text: it is meant to be one emoji. */
export const maxReactionBytes = 64;
const CONTROL_LIMITS = { maxDepth: 8, maxItems: 10_000 };

/** Dispositions under which a part is not a part of what is said. */
const APART: readonly number[] = [
  dispositions.profile,
  dispositions.icon,
  dispositions.session,
  dispositions.preview,
];

interface Text {
  text: string;
  format: "plain" | "markdown";
}

/** What was found in a part. */
interface Findings {
  texts: Text[];
  reactions: string[];
  files: FileReference[];
  unknown: UnknownPart[];
}

/**
 * Decodes a message and says what it is.
 *
 * @throws {DecodeError} `content-malformed`, `truncated`, `utf8-malformed`, `cbor-malformed`,
 * `trailing-bytes`
 */
export function decodeContent(bytes: Uint8Array): Content {
  return summarise(decodeMimiContent(bytes));
}

/**
 * Says what a message is. Of alternatives the first that is understood entirely counts; a unit of which
 * something is not understood is not shown at all; of everything else each part counts (§4.4).
 *
 * @throws {DecodeError} where a text, a report or control content is malformed
 */
export function summarise(content: MimiContent): Content {
  const { replaces, inReplyTo, nestedPart } = content;
  if (replaces === null) return readSpecial(nestedPart) ?? readBody(content);
  if (nestedPart.cardinality !== "null") return { kind: "edit", replaces, content: readBody(content) };
  const isReaction = nestedPart.disposition === dispositions.reaction;
  return { kind: "delete", replaces, ...(inReplyTo !== null && { inReplyTo }), isReaction };
}

function readSpecial(part: NestedPart): Content | undefined {
  if (part.cardinality !== "single") return undefined;
  if (part.contentType === STATUS_TYPE) return { kind: "status", statuses: decodeStatuses(part.content) };
  const type = parseControlType(part.contentType);
  if (type === undefined) return undefined;
  return { kind: "control", type, body: decodeCbor(part.content, CONTROL_LIMITS) as CborValue };
}

function readBody({ inReplyTo, expires, topicId, nestedPart }: MimiContent): BodyContent {
  const { texts, reactions, files, unknown } = findIn(nestedPart);
  const fields: BodyFields = {
    ...(inReplyTo !== null && { inReplyTo }),
    ...(expires !== null && { expires }),
    ...(topicId.length > 0 && { topicId }),
    ...(unknown.length > 0 && { unknown }),
  };
  if (reactions.length > 0 && texts.length === 0 && files.length === 0 && inReplyTo !== null) {
    return { ...fields, kind: "reaction", reactions, inReplyTo };
  }
  const lines = [...texts.map(({ text }) => text), ...reactions];
  const text = lines.join("\n");
  if (files.length > 0) {
    return { ...fields, kind: "files", files, ...(lines.length > 0 && { caption: text }) };
  }
  if (lines.length === 0) return { ...fields, kind: "other", unknown };
  const format = texts.some((one) => one.format === "markdown") ? "markdown" : "plain";
  return { ...fields, kind: "text", text, format };
}

function findIn(part: NestedPart): Findings {
  if (part.cardinality === "multi") return findInParts(part);
  if (part.cardinality === "single") return findInSingle(part);
  if (part.cardinality === "null") return nothing();
  const isFile = part.disposition !== dispositions.reaction && !APART.includes(part.disposition);
  return isFile ? { ...nothing(), files: [toFileReference(part)] } : notUnderstood(part);
}

function findInSingle(part: SinglePart): Findings {
  const { contentType, content, disposition } = part;
  const format = textFormat(contentType);
  if (format === undefined || disposition === dispositions.attachment || APART.includes(disposition)) {
    return notUnderstood(part);
  }
  const text = decodeUtf8(content);
  const isReaction = disposition === dispositions.reaction && content.length <= maxReactionBytes;
  return isReaction ? { ...nothing(), reactions: [text] } : { ...nothing(), texts: [{ text, format }] };
}

function findInParts({ partSemantics, parts }: MultiPart): Findings {
  const found = parts.map(findIn);
  if (partSemantics === "chooseOne") {
    return found.find(({ unknown }) => unknown.length === 0) ?? found.find(isShown) ?? found[0]!;
  }
  const all: Findings = {
    texts: found.flatMap(({ texts }) => texts),
    reactions: found.flatMap(({ reactions }) => reactions),
    files: found.flatMap(({ files }) => files),
    unknown: found.flatMap(({ unknown }) => unknown),
  };
  return partSemantics === "singleUnit" && all.unknown.length > 0
    ? { ...nothing(), unknown: all.unknown }
    : all;
}

function isShown({ texts, reactions, files }: Findings): boolean {
  return texts.length + reactions.length + files.length > 0;
}

function notUnderstood(part: Exclude<NestedPart, { cardinality: "null" | "multi" }>): Findings {
  const { contentType, disposition } = part;
  const description = part.cardinality === "external" ? part.description : "";
  return { ...nothing(), unknown: [{ contentType, disposition, description }] };
}

function nothing(): Findings {
  return { texts: [], reactions: [], files: [], unknown: [] };
}
