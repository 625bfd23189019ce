import type { DatabaseSync, StatementSync } from "node:sqlite";
import { receiptStates } from "./message_row.ts";

/** What one device said of a message. */
export interface ReceiptRow {
  /** Whose device. */
  user: string;
  /** The device. */
  device: string;
  /** When the relay took the first word of it, milliseconds since 1970. */
  delivered: number;
  /** When the relay took the word that it was shown. */
  read: number | null;
}

/** A message whose author is to hear what became of it. */
export interface OwedReceipt {
  /** The line's place in the store. */
  position: number;
  /** The message. */
  messageId: Uint8Array;
  /** What is owed; one of {@link receiptStates}. */
  state: number;
}

/** What others said of one's own messages, and what is owed to others. */
export class ReceiptTable {
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#statements = {
      add: db.prepare(
        `INSERT INTO receipts (mailbox, message_id, user, device, delivered, read) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET read = ifnull(read, excluded.read)`,
      ),
      of: db.prepare(
        "SELECT user, device, delivered, read FROM receipts WHERE mailbox = ? AND message_id = ? ORDER BY user, device",
      ),
      mailboxes: db.prepare("SELECT DISTINCT mailbox FROM messages WHERE receipt IN (0, 2, 4)"),
      owed: db.prepare(
        `SELECT position, message_id AS messageId, receipt AS state FROM messages
         WHERE mailbox = ? AND receipt IN (0, 2, 4) ORDER BY position LIMIT ?`,
      ),
      settle: db.prepare(
        `UPDATE messages SET receipt = CASE receipt WHEN ${receiptStates.deliveredDue}
           THEN ${receiptStates.deliveredSaid} ELSE ${receiptStates.settled} END
         WHERE position = ? AND receipt IN (0, 2, 4)`,
      ),
      users: db.prepare("SELECT DISTINCT user FROM members WHERE mailbox = ? LIMIT ?"),
    } satisfies Record<string, StatementSync>;
  }

  /** Notes what a device said of a message, at a time in milliseconds since 1970. */
  add(
    mailbox: string,
    messageId: Uint8Array,
    from: { user: string; device: string },
    { read, time }: { read: boolean; time: number },
  ): void {
    this.#statements.add.run(mailbox, messageId, from.user, from.device, time, read ? time : null);
  }

  /** What devices said of a message. */
  of(mailbox: string, messageId: Uint8Array): ReceiptRow[] {
    return this.#statements.of.all(mailbox, messageId) as unknown as ReceiptRow[];
  }

  /** The conversations in which something is owed. */
  owingMailboxes(): string[] {
    return this.#statements.mailboxes.all().map(({ mailbox }) => String(mailbox));
  }

  /** The oldest that is owed in a conversation. */
  owed(mailbox: string, limit: number): OwedReceipt[] {
    return this.#statements.owed.all(mailbox, limit) as unknown as OwedReceipt[];
  }

  /** Notes that what is owed for a line was said, or is not going to be. */
  settle(position: number): void {
    this.#statements.settle.run(position);
  }

  /** The users who have devices in a conversation's group, at most `limit`. */
  usersOf(mailbox: string, limit: number): string[] {
    return this.#statements.users.all(mailbox, limit).map(({ user }) => String(user));
  }
}
