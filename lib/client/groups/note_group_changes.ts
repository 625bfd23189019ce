import { encodeUtf8 } from "../../bytes/mod.ts";
import { digest } from "../../crypto/mod.ts";
import type { ClientStore } from "../../store/mod.ts";
import { type DeviceRef, directUsers, ENTRY_ID_BYTES } from "../../wire/mod.ts";
import { encodeGroupChange, type GroupChange } from "./group_change.ts";

/** Where a change stands and whose it is. */
export interface ChangeOrigin {
  /** Its place in the conversation. */
  seq: number;
  /** When it was made, milliseconds since 1970. */
  time: number;
  /** Who made it. */
  author: DeviceRef;
  /** Which device this is. */
  self: DeviceRef;
}

/**
 * Adds lines to a group's history, each once; inside a transaction. That this user is not in it any more waits to be
 * shown; of all else it is enough that it stands there.
 */
export function noteGroupChanges(
  { messages }: ClientStore,
  mailbox: string,
  changes: GroupChange[],
  { seq, time, author, self }: ChangeOrigin,
): void {
  if (directUsers(mailbox) !== undefined) return;
  const outgoing = author.user === self.user;
  for (const one of changes) {
    const name = `group-change ${mailbox} ${seq} ${one.change} ${one.you}`;
    const id = digest("SHA-256", encodeUtf8(name)).slice(0, ENTRY_ID_BYTES);
    if (messages.has(mailbox, id)) continue;
    const isUrgent = one.change === "gone" || (one.change === "removed" && one.you);
    const line = { id, mailbox, seq: null, ...author, time, kind: "group-change" as const, outgoing };
    messages.add({ ...line, shown: !isUrgent, content: encodeGroupChange(one) });
  }
}

/** Notes that this device is not in a group any more, and that it does not know why; inside a transaction. */
export function noteGone(store: ClientStore, mailbox: string, self: DeviceRef, time: number): void {
  const seq = store.mailboxes.get(mailbox).cursor;
  const change: GroupChange = { change: "gone", users: [self.user], you: true };
  noteGroupChanges(store, mailbox, [change], { seq, time, author: self, self });
}
