import { filePlace } from "./file_table.ts";
import { groupProfilePlace } from "./group_profile_table.ts";
import { messagePlace } from "./message_table.ts";
import { outboxPlace } from "./outbox_table.ts";
import { type SyncedKind, syncedPlace } from "./synced_table.ts";

/** A value of a database. */
export type ArchiveValue = null | number | string | Uint8Array;

/** The values of a row, by column. */
export type ArchiveRow = Record<string, ArchiveValue>;

/** A table of a client's store of which rows are put into archives. */
export interface ArchivedTable {
  /** The columns that are kept. The one named `sealed` is decrypted. */
  columns: readonly string[];
  /** Which rows; all by default. */
  where?: string;
  /** Their order. Default: the key's. */
  orderBy?: string;
  /** Where the sealed value of a row stands, for the cipher. */
  place?(row: ArchiveRow): string;
  /** What a restored row has in the columns that are not kept, in SQL. */
  fixed?: Readonly<Record<string, string>>;
}

/**
 * What an archive holds of a client's store, in the order in which it can be put back. Never anything of which a
 * second copy does harm: the state of groups (`groups` and what goes with it, `members`, `ratchets`, `pending_commits`), the private keys of
 * key packages and of requests for messages, and messages as they were sealed for sending.
 */
export const archivedTables = {
  mailboxes: { columns: ["mailbox", "cursor", "acked", "state"] },
  group_profiles: {
    columns: ["mailbox", "sealed"],
    place: ({ mailbox }) => groupProfilePlace(String(mailbox)),
  },
  synced: {
    columns: ["kind", "name", "time", "sealed"],
    place: ({ kind, name }) => syncedPlace(kind as SyncedKind, String(name)),
  },
  facts: { columns: ["name", "value"], where: "name = 'own-devices'" },
  relay_certificates: { columns: ["number", "certificates"] },
  relay_receipts: { columns: ["number", "certificates", "statement", "signature"] },
  messages: {
    columns: [
      ...[
        "position",
        "id",
        "mailbox",
        "seq",
        "user",
        "device",
        "time",
        "kind",
        "outgoing",
        "shown",
        "sealed",
      ],
      ...["message_id", "what", "refers", "expires", "lifetime", "receipt", "audience", "digest"],
      "relay_receipt",
    ],
    orderBy: "position",
    place: ({ mailbox, id }) => messagePlace(String(mailbox), id as Uint8Array),
  },
  receipts: { columns: ["mailbox", "message_id", "user", "device", "delivered", "read"] },
  // Receipts, requests and the like, which no line of the history stands for, are of a moment that is past.
  outbox: {
    columns: ["position", "id", "mailbox", "sealed", "expires"],
    where: `EXISTS (SELECT 1 FROM messages
      WHERE messages.mailbox = outbox.mailbox AND messages.id = outbox.id AND kind = 'message')`,
    orderBy: "position",
    place: ({ id }) => outboxPlace(id as Uint8Array<ArrayBuffer>),
  },
  resend_requests: { columns: ["mailbox", "id"], fixed: { state: "'due'", sealed: "x''" } },
  files: {
    columns: ["mailbox", "id", "part", "blob", "state", "told", "sealed"],
    place: ({ mailbox, id, part }) =>
      filePlace({ mailbox: String(mailbox), id: id as Uint8Array<ArrayBuffer>, part: Number(part) }),
  },
} satisfies Record<string, ArchivedTable>;

/** The name of a table that archives hold. */
export type ArchivedTableName = keyof typeof archivedTables;

/** The definition of a table. */
export function archivedTable(name: ArchivedTableName): ArchivedTable {
  return archivedTables[name];
}

/** The tables, in their order. */
export const archivedTableNames: readonly ArchivedTableName[] = Object.keys(
  archivedTables,
) as ArchivedTableName[];
