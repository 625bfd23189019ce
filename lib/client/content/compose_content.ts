import { type CborValue, encodeCbor, encodeUtf8 } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { encodeMimiContent } from "./encode_mimi_content.ts";
import { type FileReference, toExternalPart } from "./file_reference.ts";
import { formatControlType, MARKDOWN_TYPE, PLAIN_TYPE } from "./media_type.ts";
import {
  contentLimits,
  dispositions,
  type Expiration,
  type MessageId,
  type MimiContent,
  type NestedPart,
  SALT_BYTES,
  type SinglePart,
} from "./mimi_content.ts";
import { encodeStatuses, type MessageStatus, STATUS_TYPE } from "./status_report.ts";
import { maxReactionBytes } from "./summarise.ts";

/** Bytes that a text may have. */
export const maxTextBytes = 48 * 1024;
/** Files that one message may name. */
export const maxFiles = 100;

/** What may stand beside a body. */
export interface MessageOptions {
  /** The message that this one answers. */
  inReplyTo?: MessageId;
  /** When it is to vanish. */
  expires?: Expiration;
  /** What messages of one topic have in common. */
  topicId?: Uint8Array;
}

/** What may stand beside a text. */
export interface TextOptions extends MessageOptions {
  /** Default: `plain`. */
  format?: "plain" | "markdown";
}

/**
 * Encodes a text; with `inReplyTo` a reply.
 *
 * @throws {UsageError} `text-empty`, `text-too-long`
 */
export function encodeText(text: string, random: RandomSource, options: TextOptions = {}): Uint8Array {
  return compose(random, textPart(text, options.format), options);
}

/**
 * Encodes another text for a message of one's own; `replaces` is the id of its first version.
 *
 * @throws {UsageError} `text-empty`, `text-too-long`
 */
export function encodeEdit(
  replaces: MessageId,
  text: string,
  random: RandomSource,
  options: TextOptions = {},
): Uint8Array {
  return compose(random, textPart(text, options.format), { ...options, replaces });
}

/** Encodes that a message of one's own is deleted; `replaces` is the id of its first version. */
export function encodeDelete(
  replaces: MessageId,
  random: RandomSource,
  options: MessageOptions = {},
): Uint8Array {
  return compose(random, emptyPart(dispositions.render), { ...options, replaces });
}

/**
 * Encodes a reaction to a message, mostly an emoji.
 *
 * @throws {UsageError} `reaction-malformed` for nothing, more than a line or more than 64 bytes
 */
export function encodeReaction(
  inReplyTo: MessageId,
  reaction: string,
  random: RandomSource,
  options: Omit<MessageOptions, "inReplyTo"> = {},
): Uint8Array {
  const content = encodeUtf8(reaction);
  if (content.length === 0 || content.length > maxReactionBytes || /\p{Cc}/u.test(reaction)) {
    throw new UsageError("reaction-malformed", "a reaction is an emoji or a few characters", {
      hint: `at most ${maxReactionBytes} bytes on one line`,
    });
  }
  const part = singlePart(PLAIN_TYPE, content, dispositions.reaction);
  return compose(random, part, { ...options, inReplyTo });
}

/** Encodes that a reaction of one's own is taken back; `inReplyTo` is what it was a reaction to. */
export function encodeUnlike(reaction: MessageId, inReplyTo: MessageId, random: RandomSource): Uint8Array {
  return compose(random, emptyPart(dispositions.reaction), { replaces: reaction, inReplyTo });
}

/**
 * Encodes files: one external part, or all of them and the caption as parts to be processed each.
 *
 * @throws {UsageError} `files-out-of-bounds`, `file-name-too-long`, `file-description-too-long`,
 * `text-too-long`, `content-too-long`
 */
export function encodeFiles(
  files: FileReference[],
  random: RandomSource,
  options: MessageOptions & { caption?: string } = {},
): Uint8Array {
  if (files.length === 0 || files.length > maxFiles) {
    throw new UsageError("files-out-of-bounds", `a message names 1 to ${maxFiles} files`);
  }
  files.forEach(checkFile);
  const { caption = "" } = options;
  const parts: NestedPart[] = files.map(toExternalPart);
  if (caption !== "") parts.unshift(textPart(caption));
  return compose(random, parts.length === 1 ? parts[0]! : together(parts), options);
}

/**
 * Encodes what became of messages of others.
 *
 * @throws {UsageError} `statuses-out-of-bounds`
 */
export function encodeStatusReport(statuses: MessageStatus[], random: RandomSource): Uint8Array {
  return compose(random, singlePart(STATUS_TYPE, encodeStatuses(statuses), dispositions.unspecified), {});
}

/**
 * Encodes what parley's clients tell each other: a part of the type `application/vnd.parley.TYPE+cbor`.
 * `type` has 1 to 64 of the characters a-z 0-9 . - and begins and ends with a letter or digit.
 *
 * @throws {UsageError} `control-type-malformed`, `content-too-long`
 */
export function encodeControl(type: string, body: CborValue, random: RandomSource): Uint8Array {
  const contentType = formatControlType(type);
  if (contentType === undefined) {
    throw new UsageError("control-type-malformed", "not a type of control content");
  }
  return compose(random, singlePart(contentType, encodeCbor(body), dispositions.unspecified), {});
}

function compose(
  random: RandomSource,
  nestedPart: NestedPart,
  options: MessageOptions & { replaces?: MessageId },
): Uint8Array {
  const { replaces = null, topicId = new Uint8Array(), expires = null, inReplyTo = null } = options;
  const content: MimiContent = {
    salt: random(SALT_BYTES),
    replaces,
    topicId,
    expires,
    inReplyTo,
    // Sender and room are known from MLS, and authenticated there.
    extensions: [],
    nestedPart,
  };
  return encodeMimiContent(content);
}

function textPart(text: string, format: "plain" | "markdown" = "plain"): SinglePart {
  const content = encodeUtf8(text);
  if (content.length === 0) throw new UsageError("text-empty", "there is no text to send");
  if (content.length > maxTextBytes) {
    throw new UsageError(
      "text-too-long",
      `the text has ${content.length} bytes, at most ${maxTextBytes} fit`,
      { hint: "send it in parts" },
    );
  }
  return singlePart(format === "plain" ? PLAIN_TYPE : MARKDOWN_TYPE, content, dispositions.render);
}

function singlePart(contentType: string, content: Uint8Array, disposition: number): SinglePart {
  return { cardinality: "single", disposition, language: "", contentType, content };
}

function emptyPart(disposition: number): NestedPart {
  return { cardinality: "null", disposition, language: "" };
}

function together(parts: NestedPart[]): NestedPart {
  const disposition = dispositions.render;
  return { cardinality: "multi", disposition, language: "", partSemantics: "processAll", parts };
}

function checkFile({ name, description }: FileReference): void {
  if (encodeUtf8(name).length > contentLimits.filename) {
    throw new UsageError("file-name-too-long", `a file's name has at most ${contentLimits.filename} bytes`);
  }
  if (encodeUtf8(description).length > contentLimits.description) {
    throw new UsageError(
      "file-description-too-long",
      `a file's description has at most ${contentLimits.description} bytes`,
    );
  }
}
