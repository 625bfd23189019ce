import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CellCipher } from "./cell_cipher.ts";
import { messagePlace } from "./message_table.ts";
import { encodeSearchBlock, findInSearchBlock, type SearchText } from "./search_block.ts";

/** A line in which something may be found, with its content opened and nothing else. */
export interface SearchableLine {
  /** The line's place in the store. */
  position: number;
  /** The content. */
  content: Uint8Array;
}

/** Lines between two positions, neither of them included. */
export interface SearchSpan {
  /** The conversation. */
  mailbox: string;
  /** Lines after it. */
  after: number;
  /** Lines before it. */
  before: number;
}

/** What consecutive lines of a conversation say, except those that vanish. */
export interface SearchBlock {
  /** The conversation. */
  mailbox: string;
  /** The position of the oldest line. */
  first: number;
  /** The position of the newest line. */
  last: number;
  /** The encrypted texts. */
  sealed: Uint8Array;
}

const BETWEEN =
  "mailbox = ? AND position > ? AND position < ? AND what IN ('text', 'files', 'edit', 'other')";
const VANISHES = "(expires IS NOT NULL OR lifetime IS NOT NULL)";

/**
 * What the searches of a conversation look at: its lines, and blocks of what lasting lines say, many of them
 * encrypted as one. A block is a copy: triggers of the schema delete it in the same transaction that changes, deletes
 * or adds a line in its range, so no text outlives its message.
 */
export class SearchTable {
  readonly #cipher: CellCipher;
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    const select = `SELECT position, id, sealed FROM messages WHERE ${BETWEEN}`;
    const newestFirst = "ORDER BY position DESC LIMIT ?";
    this.#statements = {
      lasting: db.prepare(`${select} AND NOT ${VANISHES} ${newestFirst}`),
      vanishing: db.prepare(`${select} AND ${VANISHES} ${newestFirst}`),
      nthLasting: db.prepare(
        `SELECT 1 FROM messages WHERE ${BETWEEN} AND NOT ${VANISHES} ORDER BY position DESC LIMIT 1 OFFSET ?`,
      ),
      firstSince: db.prepare(
        "SELECT min(position) AS position FROM messages WHERE mailbox = ? AND time >= ?",
      ),
      blockBelow: db.prepare(
        `SELECT mailbox, first, last, sealed FROM search_blocks WHERE mailbox = ? AND first < ?
         ORDER BY first DESC LIMIT 1`,
      ),
      addBlock: db.prepare("INSERT INTO search_blocks (mailbox, first, last, sealed) VALUES (?, ?, ?, ?)"),
    } satisfies Record<string, StatementSync>;
  }

  /** Opens lines that stay until somebody deletes them, newest first, as they are asked for: all within one task. */
  lasting(span: SearchSpan, limit: number): Iterable<SearchableLine> {
    return this.#open(this.#statements.lasting, span, limit);
  }

  /** Opens lines that vanish by themselves, newest first, as they are asked for: all within one task. */
  vanishing(span: SearchSpan, limit: number): Iterable<SearchableLine> {
    return this.#open(this.#statements.vanishing, span, limit);
  }

  *#open(statement: StatementSync, span: SearchSpan, limit: number): Iterable<SearchableLine> {
    const { mailbox, after, before } = span;
    for (const row of statement.iterate(mailbox, after, before, limit)) {
      const { position, id, sealed } = row as unknown as {
        position: number;
        id: Uint8Array;
        sealed: Uint8Array;
      };
      yield { position, content: this.#cipher.open(messagePlace(mailbox, id), sealed) };
    }
  }

  /** Whether there are so many lasting lines, one at least. */
  hasLasting({ mailbox, after, before }: SearchSpan, count: number): boolean {
    return this.#statements.nthLasting.get(mailbox, after, before, count - 1) !== undefined;
  }

  /** The position of the first line that was sent at or after a time; undefined where there is none. */
  firstSince(mailbox: string, time: number): number | undefined {
    const position = this.#statements.firstSince.get(mailbox, time)?.position;
    return position === null || position === undefined ? undefined : Number(position);
  }

  /** The newest block of a conversation that begins before a position. */
  blockBelow(mailbox: string, position: number): SearchBlock | undefined {
    return this.#statements.blockBelow.get(mailbox, position) as unknown as SearchBlock | undefined;
  }

  /** The positions of a block's lines that hold a text, newest first. */
  find({ mailbox, first, last, sealed }: SearchBlock, wanted: string): number[] {
    const block = this.#cipher.open(blockPlace(mailbox, first, last), sealed);
    return findInSearchBlock(first, block, wanted).reverse();
  }

  /**
   * Adds a block; inside the transaction that has read the lines. They are all the lasting ones of their range,
   * newest first, one at least, and none of them stands in another block.
   */
  addBlock(mailbox: string, lines: readonly SearchText[]): void {
    const ascending = lines.toReversed();
    const first = ascending[0]!.position, last = ascending.at(-1)!.position;
    const block = encodeSearchBlock(first, ascending);
    this.#statements.addBlock.run(
      mailbox,
      first,
      last,
      this.#cipher.seal(blockPlace(mailbox, first, last), block),
    );
  }
}

function blockPlace(mailbox: string, first: number, last: number): string {
  return `search_blocks|${mailbox}|${first}|${last}`;
}
