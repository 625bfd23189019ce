/**
 * What the content of a message is. Of what its author has taken back the content is gone: `deleted` for a
 * message, `withdrawn` for a reaction and for the edits of a deleted message.
 */
export type ContentKind =
  | "text"
  | "reaction"
  | "files"
  | "other"
  | "edit"
  | "delete"
  | "deleted"
  | "withdrawn";

/** What a message's content says of itself, to be found without opening it. */
export interface ContentIndex {
  /** The message's id (draft-ietf-mimi-content §3.3), 32 bytes: a salted hash. */
  messageId: Uint8Array;
  /** What it is. */
  what: ContentKind;
  /** The id of the message that it replaces, deletes, reacts to or answers. */
  refers: Uint8Array | null;
  /** When the line is to be deleted, milliseconds since 1970. */
  expires: number | null;
  /** Seconds that are left once it is shown. */
  lifetime: number | null;
}

/**
 * What is owed to the author of a line: the word that it was delivered (`deliveredDue`); nothing, that is said
 * (`deliveredSaid`); the word that it was shown, with nothing said before (`readDue`) or with the other word said
 * (`readDueToo`); nothing any more (`settled`).
 */
export const receiptStates = {
  deliveredDue: 0,
  deliveredSaid: 1,
  readDue: 2,
  settled: 3,
  readDueToo: 4,
} as const;

/** A line of the history. */
export interface MessageRow {
  /** Order of arrival in this store. */
  position: number;
  /** The entry's id. */
  id: Uint8Array<ArrayBuffer>;
  /** The conversation. */
  mailbox: string;
  /** Its place in the conversation; null until the relay has it. */
  seq: number | null;
  /** Who sent it. */
  user: string;
  /** From which device. */
  device: string;
  /** Milliseconds since 1970: the relay's time, or this device's until the relay has it. */
  time: number;
  /**
   * `undecryptable`: the content is the reason why it could not be opened; `expired`: the message's time was up
   * before it was fetched; `revoked`: no entry of the relay's, but the note that the certificate of the device
   * named was revoked, with no content; `control`: a message from client to client, of which nothing but its id
   * is kept and which no history shows; `rejoined`: this device has entered the conversation again, for the reason
   * that the content gives; `duplicated`: another copy of this device has taken its place in it; `group-change`: what
   * the content says has become of the group.
   */
  kind:
    | "message"
    | "undecryptable"
    | "expired"
    | "revoked"
    | "control"
    | "rejoined"
    | "duplicated"
    | "group-change";
  /** Whether this user sent it. */
  outgoing: boolean;
  /** The content; stored encrypted. */
  content: Uint8Array;
  /** Of a message: what its content says of itself. */
  index?: ContentIndex;
  /** The users, besides its author, whose receipts count; absent where none come. */
  audience?: string[];
}

/** A line to be added. */
export interface NewMessageRow extends Omit<MessageRow, "position"> {
  /** Whether it need not be shown any more; by default that which this user sent. */
  shown?: boolean;
  /** Whether its author wants to hear what becomes of it. */
  wantsReceipt?: boolean;
}
