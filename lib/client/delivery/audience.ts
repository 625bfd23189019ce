import type { ClientStore } from "../../store/mod.ts";
import { directUsers } from "../../wire/mod.ts";

/** In conversations of more users nobody tells what becomes of messages: it would be more than what is said. */
export const MAX_RECEIPT_USERS = 20;

/** The users, besides one, who are told a message now and tell what becomes of it; undefined where they are too many. */
export function audienceOf(store: ClientStore, mailbox: string, author: string): string[] | undefined {
  const users = [
    ...new Set(directUsers(mailbox) ?? store.receipts.usersOf(mailbox, MAX_RECEIPT_USERS + 1)),
  ];
  return users.length > MAX_RECEIPT_USERS ? undefined : users.filter((user) => user !== author).sort();
}
