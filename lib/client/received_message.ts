import { decodeUtf8, encodeHex } from "../bytes/mod.ts";
import { InternalError, ParleyError } from "../errors/mod.ts";
import type { GroupProfileTable, MessageRow, MessageTable } from "../store/mod.ts";
import { decodeGroupChange, type GroupChange } from "./groups/group_change.ts";
import { type BodyContent, type Content, decodeContent, describeContent } from "./content/mod.ts";

/** A part of a message that this version cannot show. */
export interface UnshownPart {
  /** Its media type, as the sender gave it. */
  contentType: string;
  /** The sender's description; empty where there is none. */
  description: string;
}

/** A file that a message names. */
export interface NamedFile {
  /** Its name, as the sender gave it. */
  name: string;
  /** Its media type, as the sender gave it. */
  contentType: string;
  /** Its size in bytes. */
  size: number;
}

/** A line of the history as an application sees it. */
export interface ReceivedMessage {
  /** Its place in this identity's history. */
  position: number;
  /**
   * `edit` gives a message another text, `delete` takes one back, `reaction` reacts to one; `target` says which.
   * `undecryptable`: something arrived that could not be opened; `text` says why. `expired`: the time of a message
   * was up before it was fetched. `revoked`: the certificate of `from`'s device was revoked; the device is removed
   * from the conversation. `rejoined`: this device has entered the conversation again; `text` says why. `duplicated`:
   * another copy of this device has taken its place in it. `group-change`: what `change` says has become of the group.
   */
  type: "message" | "edit" | "delete" | "reaction" | Exclude<MessageRow["kind"], "message" | "control">;
  /** Who sent it: the MLS credential's user (for what could not be opened: the relay's word), or who it is about. */
  from: string;
  /** From which device. */
  device: string;
  /** The conversation. */
  conversation: string;
  /** Where it is a group: what that is called, or its id where this device has not heard. */
  group?: string;
  /** The line's id, 32 hexadecimal digits. */
  id: string;
  /** When the relay accepted it, or when the certificate was revoked. */
  time: Date;
  /** What it says. */
  text: string;
  /** Whether this user sent it, from whichever device. */
  outgoing: boolean;
  /**
   * The line that it answers or changes: its id, or the message's own id (64 hexadecimal digits) where this device
   * does not have that message.
   */
  target?: string;
  /** Why an edit or a deletion has no effect. */
  ignored?: string;
  /** Of a reaction: the emoji, mostly one. */
  reactions?: string[];
  /** Of a deletion: whether what is taken back was a reaction. */
  ofReaction?: boolean;
  /** Files that it names. */
  files?: NamedFile[];
  /** The text beside them, which {@link ReceivedMessage.text} has with their names. */
  caption?: string;
  /** Parts that cannot be shown. */
  unshown?: UnshownPart[];
  /** What has become of the group. */
  change?: GroupChange;
  /** When it vanishes; absent also as long as the time runs only from when it is shown. */
  expires?: Date;
}

/** Where a line finds the lines that it refers to, and what its conversation is called. */
export interface MessageLookup {
  /** The lines. */
  messages: Pick<MessageTable, "byMessageId">;
  /** The groups. */
  groupProfiles: Pick<GroupProfileTable, "name">;
}

/** Turns a stored line into what an application sees. */
export function toReceivedMessage(row: MessageRow, store: MessageLookup): ReceivedMessage {
  const { position, kind, user, device, mailbox, id, time, outgoing, index } = row;
  if (kind === "control") throw new InternalError("a control message is no line of the history");
  const line = {
    position,
    from: user,
    device,
    conversation: mailbox,
    ...(mailbox.startsWith("group:") && { group: store.groupProfiles.name(mailbox) ?? mailbox }),
    id: encodeHex(id),
    time: new Date(time),
  };
  if (kind === "group-change") {
    return { ...line, type: kind, text: "", outgoing, change: decodeGroupChange(row.content) };
  }
  if (kind !== "message") return { ...line, type: kind, text: decodeUtf8(row.content), outgoing };
  const content = readContent(row);
  return {
    ...line,
    outgoing,
    ...describe(content),
    ...findTarget(row, store.messages),
    ...(index?.expires != null && { expires: new Date(index.expires) }),
  };
}

/** Reads what a stored message says; undefined where that is gone or malformed. */
export function readContent({ index, content }: Pick<MessageRow, "index" | "content">): Content | undefined {
  if (index?.what === "deleted" || index?.what === "withdrawn") return undefined;
  try {
    return decodeContent(content);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    return undefined;
  }
}

type Description = Pick<
  ReceivedMessage,
  "type" | "text" | "reactions" | "ofReaction" | "files" | "caption" | "unshown"
>;

function describe(content: Content | undefined): Description {
  if (content === undefined) return { type: "message", text: "[content that cannot be read]" };
  switch (content.kind) {
    case "edit":
      return { ...describeBody(content.content), type: "edit" };
    case "delete":
      return { type: "delete", text: "", ofReaction: content.isReaction };
    case "status":
    case "control":
      return { type: "message", text: describeContent(content) };
    default:
      return describeBody(content);
  }
}

/** What a body says, with its text for people. */
export function describeBody(content: BodyContent): Description {
  const unshown = content.unknown?.map(({ contentType, description }) => ({ contentType, description }));
  return {
    type: content.kind === "reaction" ? "reaction" : "message",
    text: describeContent(content),
    ...(content.kind === "reaction" && { text: content.reactions.join(" "), reactions: content.reactions }),
    ...(content.kind === "files" && {
      files: content.files.map(({ name, contentType, size }) => ({ name, contentType, size })),
      ...(content.caption !== undefined && { caption: content.caption }),
    }),
    ...(unshown !== undefined && unshown.length > 0 && { unshown }),
  };
}

function findTarget(
  { mailbox, user, index }: MessageRow,
  messages: MessageLookup["messages"],
): Pick<ReceivedMessage, "target" | "ignored"> {
  if (index === undefined || index.refers === null) return {};
  const head = messages.byMessageId(mailbox, index.refers);
  const target = encodeHex(head?.id ?? index.refers);
  const changes = index.what === "edit" || index.what === "delete";
  if (!changes) return { target };
  if (head === undefined) return { target, ignored: "this device does not have the message" };
  if (head.user !== user) return { target, ignored: `the message is ${head.user}'s` };
  if (index.what === "edit" && head.what === "deleted") {
    return { target, ignored: "the message was deleted" };
  }
  return { target };
}
