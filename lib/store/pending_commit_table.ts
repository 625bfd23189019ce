import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CellCipher } from "./cell_cipher.ts";

/** A commit of this device whose fate is not known. */
export interface PendingCommitRow {
  /** The entry's id. */
  id: Uint8Array<ArrayBuffer>;
  /** The epoch that it ends. */
  epoch: number;
  /** Whether it makes new keys for this device. */
  refreshes: boolean;
  /** The request as it is sent. */
  request: Uint8Array;
  /** The state after it; stored encrypted. */
  state: Uint8Array;
}

/** Commits that were sent, or are about to be; at most one per conversation. */
export class PendingCommitTable {
  readonly #cipher: CellCipher;
  readonly #get: StatementSync;
  readonly #mailboxes: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#get = db.prepare("SELECT * FROM pending_commits WHERE mailbox = ?");
    this.#mailboxes = db.prepare("SELECT mailbox FROM pending_commits ORDER BY mailbox");
    this.#put = db.prepare(
      "INSERT OR REPLACE INTO pending_commits (mailbox, id, epoch, request, sealed, refreshes) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#delete = db.prepare("DELETE FROM pending_commits WHERE mailbox = ?");
  }

  /** The pending commit of a conversation. */
  get(mailbox: string): PendingCommitRow | undefined {
    const row = this.#get.get(mailbox) as unknown as StoredPendingCommit | undefined;
    if (row === undefined) return undefined;
    return {
      id: row.id,
      epoch: row.epoch,
      refreshes: row.refreshes === 1,
      request: row.request,
      state: this.#cipher.open(place(mailbox, row.epoch), row.sealed),
    };
  }

  /** The conversations that have one. */
  mailboxes(): string[] {
    return this.#mailboxes.all().map(({ mailbox }) => String(mailbox));
  }

  /** Keeps a commit before it is sent. */
  put(mailbox: string, { id, epoch, refreshes, request, state }: PendingCommitRow): void {
    const sealed = this.#cipher.seal(place(mailbox, epoch), state);
    this.#put.run(mailbox, id, epoch, request, sealed, refreshes ? 1 : 0);
  }

  /** Forgets it. */
  delete(mailbox: string): void {
    this.#delete.run(mailbox);
  }
}

interface StoredPendingCommit {
  id: Uint8Array<ArrayBuffer>;
  epoch: number;
  refreshes: number;
  request: Uint8Array;
  sealed: Uint8Array;
}

function place(mailbox: string, epoch: number): string {
  return `pending_commits|${mailbox}|${epoch}`;
}
