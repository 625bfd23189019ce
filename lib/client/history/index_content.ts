import { ProtocolError } from "../../errors/mod.ts";
import type { ContentIndex } from "../../store/mod.ts";
import type { DeviceRef } from "../../wire/mod.ts";
import {
  type Content,
  deriveMessageId,
  type Expiration,
  expiryMs,
  formatRoomUri,
  formatSenderUri,
  isPlausibleExpiration,
} from "../content/mod.ts";

/** What a message is, where it comes from and when. */
export interface MessageOrigin {
  /** The conversation. */
  mailbox: string;
  /** Who sent it, by the MLS credential. */
  from: DeviceRef;
  /** When, in milliseconds since 1970. */
  time: number;
}

/** What a person may see, as opposed to what clients tell each other. */
export type VisibleContent = Exclude<Content, { kind: "status" | "control" }>;

/** Whether a content is one that a person may see. */
export function isVisible(content: Content): content is VisibleContent {
  return content.kind !== "status" && content.kind !== "control";
}

/**
 * Derives what is kept of a content beside it, to be found without opening it.
 *
 * @throws {DecodeError} `content-malformed`
 * @throws {ProtocolError} `expiry-implausible` for an expiry more than a year away
 */
export function indexContent(
  bytes: Uint8Array,
  content: VisibleContent,
  { mailbox, from, time }: MessageOrigin,
): ContentIndex {
  const expires = expirationOf(content);
  if (expires !== undefined && !isPlausibleExpiration(expires, time)) {
    throw new ProtocolError("expiry-implausible", "the message would expire more than a year away");
  }
  return {
    messageId: deriveMessageId(bytes, formatSenderUri(from), formatRoomUri(mailbox)),
    what: content.kind,
    refers: referenceOf(content),
    expires: expires === undefined || expires.relative ? null : expiryMs(expires, time),
    lifetime: expires?.relative ? expires.time : null,
  };
}

function expirationOf(content: VisibleContent): Expiration | undefined {
  if (content.kind === "delete") return undefined;
  return content.kind === "edit" ? content.content.expires : content.expires;
}

function referenceOf(content: VisibleContent): Uint8Array | null {
  if (content.kind === "edit" || content.kind === "delete") return content.replaces;
  return content.inReplyTo ?? null;
}
