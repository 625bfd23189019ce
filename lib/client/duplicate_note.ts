import { encodeUtf8 } from "../bytes/mod.ts";
import { digest } from "../crypto/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import { type DeviceRef, ENTRY_ID_BYTES } from "../wire/mod.ts";

/**
 * Marks a conversation as lost, of which this device is a member without keys, so that it is entered again; inside a
 * transaction. A device that has given way to another copy of it somewhere gives way here as well: the welcome was for
 * keys that the other copy has published.
 */
export function noteLoss(store: ClientStore, mailbox: string, self: DeviceRef, time: number): void {
  if (store.mailboxes.inState("duplicated").length > 0) return noteDuplicate(store, mailbox, self, time);
  store.mailboxes.setState(mailbox, "lost");
}

/**
 * Gives a conversation up in which another copy of this device has taken its place, and leaves a note in the history;
 * inside a transaction. Both would otherwise take it from each other for ever, or use the same keys.
 */
export function noteDuplicate(
  { groups, mailboxes, messages, pendingCommits }: ClientStore,
  mailbox: string,
  self: DeviceRef,
  time: number,
): void {
  const epoch = groups.epochNumber(mailbox);
  const id = digest("SHA-256", encodeUtf8(`duplicated ${mailbox} ${epoch}`)).slice(0, ENTRY_ID_BYTES);
  groups.remove(mailbox);
  pendingCommits.delete(mailbox);
  mailboxes.setState(mailbox, "duplicated");
  if (messages.has(mailbox, id)) return;
  const line = { id, mailbox, seq: null, ...self, time, content: new Uint8Array() };
  messages.add({ ...line, kind: "duplicated", outgoing: false });
}
