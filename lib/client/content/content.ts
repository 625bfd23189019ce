import type { CborValue } from "../../bytes/mod.ts";
import type { FileReference } from "./file_reference.ts";
import type { Expiration, MessageId } from "./mimi_content.ts";
import type { MessageStatus } from "./status_report.ts";

/** A part that this version cannot show. */
export interface UnknownPart {
  /** Its media type, as the sender gave it. */
  contentType: string;
  /** What it is meant for: one of `dispositions`, or another value. */
  disposition: number;
  /** The sender's description, where it is an external part. */
  description: string;
}

/** What stands beside every body. */
export interface BodyFields {
  /** The message that this one answers. */
  inReplyTo?: MessageId;
  /** When it is to vanish. */
  expires?: Expiration;
  /** What messages of one topic have in common. */
  topicId?: Uint8Array;
  /** Parts that cannot be shown. */
  unknown?: UnknownPart[];
}

/** A text; a reply has `inReplyTo`. */
export interface TextContent extends BodyFields {
  /** Tells the kinds apart. */
  kind: "text";
  /** The text. */
  text: string;
  /** Whether it is Markdown, which may be shown as it is. */
  format: "plain" | "markdown";
}

/** Reactions to a message. */
export interface ReactionContent extends BodyFields {
  /** Tells the kinds apart. */
  kind: "reaction";
  /** Mostly one, mostly an emoji. */
  reactions: string[];
  /** The message that is reacted to. */
  inReplyTo: MessageId;
}

/** Files, perhaps with a text. */
export interface FilesContent extends BodyFields {
  /** Tells the kinds apart. */
  kind: "files";
  /** At least one. */
  files: FileReference[];
  /** The text beside them. */
  caption?: string;
}

/** Nothing that this version can show; `unknown` says what it is. */
export interface OtherContent extends BodyFields {
  /** Tells the kinds apart. */
  kind: "other";
  /** What is in it. */
  unknown: UnknownPart[];
}

/** What a message says of itself. */
export type BodyContent = TextContent | ReactionContent | FilesContent | OtherContent;

/** Another body for a message. Only who sent that one may do this; nothing but its body changes (§9.3). */
export interface EditContent {
  /** Tells the kinds apart. */
  kind: "edit";
  /** The first version of the message. */
  replaces: MessageId;
  /** The new body. */
  content: BodyContent;
}

/** Takes a message back. Only who sent that one may do this (§9.3). */
export interface DeleteContent {
  /** Tells the kinds apart. */
  kind: "delete";
  /** The first version of the message. */
  replaces: MessageId;
  /** What that message answered. */
  inReplyTo?: MessageId;
  /** Whether it was a reaction. */
  isReaction: boolean;
}

/** What a device says of messages that it got. */
export interface StatusContent {
  /** Tells the kinds apart. */
  kind: "status";
  /** One for each message. */
  statuses: MessageStatus[];
}

/** What parley's clients tell each other and nobody reads. */
export interface ControlContent {
  /** Tells the kinds apart. */
  kind: "control";
  /** Which kind of control content. */
  type: string;
  /** Its body; whoever knows the type checks it. */
  body: CborValue;
}

/** What a line of the history says. */
export type Content = BodyContent | EditContent | DeleteContent | StatusContent | ControlContent;
