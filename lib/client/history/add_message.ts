import type { ClientStore, NewMessageRow } from "../../store/mod.ts";
import { indexContent, type VisibleContent } from "./index_content.ts";

/** A message to be added to the history. */
export interface NewMessage extends Omit<NewMessageRow, "kind" | "index"> {
  /** What {@link NewMessageRow.content} says. */
  decoded: VisibleContent;
}

/**
 * Adds a message to the history, and does what it asks for where it deletes another one; inside a transaction.
 * What it refers to was sent before it, so it is there if this device has ever had it. A message that is there
 * already is not added again, and one whose time is up leaves no more than the word of it.
 *
 * @throws {DecodeError} `content-malformed`
 * @throws {ProtocolError} `expiry-implausible`
 */
export function addMessage(store: ClientStore, { decoded, ...message }: NewMessage, now: number): void {
  const { mailbox, user, device, time } = message;
  const index = indexContent(message.content, decoded, { mailbox, from: { user, device }, time });
  if (store.messages.byMessageId(mailbox, index.messageId) !== undefined) return;
  if (index.expires !== null && index.expires <= now) {
    return store.messages.add({
      ...message,
      kind: "expired",
      content: new Uint8Array(),
      wantsReceipt: false,
    });
  }
  // One's own is read as soon as it is written.
  if (index.lifetime !== null && message.outgoing) index.expires = time + index.lifetime * 1_000;
  store.messages.add({ ...message, kind: "message", index });
  if (decoded.kind === "delete") eraseDeleted(store, mailbox, decoded.replaces, user);
}

/** What was deleted is gone at once, with all its versions: nobody but its author may delete it. Files go at the relay. */
function eraseDeleted(
  { messages, files }: ClientStore,
  mailbox: string,
  messageId: Uint8Array,
  author: string,
): void {
  const target = messages.byMessageId(mailbox, messageId);
  if (target === undefined || target.user !== author) return;
  messages.erase(mailbox, target);
  files.withdraw(mailbox, target.id);
  for (const version of messages.referringTo(mailbox, messageId)) {
    if (version.what === "edit" && version.user === author) messages.erase(mailbox, version);
  }
}
