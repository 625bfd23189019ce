import { decodeUtf8, encodeHex } from "../bytes/mod.ts";
import { ParleyError } from "../errors/mod.ts";
import type { MessageRow } from "../store/mod.ts";
import { decodeContent } from "./content.ts";

/** A line of the history as an application sees it. */
export interface ReceivedMessage {
  /** Its place in this identity's history. */
  position: number;
  /**
   * `undecryptable`: something arrived that could not be opened; `text` says why. `revoked`: the certificate
   * of `from`'s device was revoked; the device is removed from the conversation.
   */
  type: "message" | "undecryptable" | "revoked";
  /** Who sent it: the MLS credential's user (for what could not be opened: the relay's word), or who it is about. */
  from: string;
  /** From which device. */
  device: string;
  /** The conversation. */
  conversation: string;
  /** The message's id, 32 hexadecimal digits. */
  id: string;
  /** When the relay accepted it, or when the certificate was revoked. */
  time: Date;
  /** What it says. */
  text: string;
  /** Whether this device sent it. */
  outgoing: boolean;
}

/** Turns a stored line into what an application sees. */
export function toReceivedMessage(row: MessageRow): ReceivedMessage {
  const { position, kind, user, device, mailbox, id, time, outgoing, content } = row;
  return {
    position,
    type: kind,
    from: user,
    device,
    conversation: mailbox,
    id: encodeHex(id),
    time: new Date(time),
    text: kind === "message" ? describe(content) : decodeUtf8(content),
    outgoing,
  };
}

function describe(bytes: Uint8Array): string {
  try {
    const content = decodeContent(bytes);
    return content.kind === "text" ? content.text : `[content of type ${content.contentType}]`;
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    return "[content that cannot be read]";
  }
}
