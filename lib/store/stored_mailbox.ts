import type { EntryIds } from "./entry_ids.ts";
import { emptyMailbox, type MailboxState } from "./mailbox_state.ts";
import type { OpenSegment } from "./open_segment.ts";

/** A mailbox with its row and what has not been written yet. */
export interface StoredMailbox extends MailboxState {
  /** Its row. */
  id: number;
  /** Its name. */
  name: string;
  /** Of the entries kept those that have a row for themselves. */
  singles: number;
  /** Bytes of those. */
  singleBytes: number;
  /** The rows of messages, in order. */
  segments: Segment[];
  /** Takes the messages of the present transaction. */
  open?: OpenSegment;
  /** Where each sender's and id's entry stands; read when it is needed first. */
  ids?: EntryIds;
  /** Whether the row is out of date. */
  changed: boolean;
  /** Whether an entry may have become one that nobody needs. */
  trimDue: boolean;
  /** Members who acknowledged something that has not been written. */
  acknowledged: Set<string>;
}

/** A row of messages of one mailbox, which got them in one transaction. */
export interface Segment {
  /** The first entry's sequence number. */
  first: number;
  /** The last one's; there is no gap between them. */
  last: number;
  /** When they were accepted. */
  time: number;
  /** Bytes of their bodies. */
  bytes: number;
}

/** A mailbox in which nothing has happened. */
export function newMailbox(id: number, name: string): StoredMailbox {
  return {
    ...emptyMailbox(),
    id,
    name,
    singles: 0,
    singleBytes: 0,
    segments: [],
    changed: false,
    trimDue: false,
    acknowledged: new Set(),
  };
}
