import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A receipt that the relay has signed. */
export interface RelayReceiptRow {
  /** What it signed. */
  statement: Uint8Array<ArrayBuffer>;
  /** Its signature. */
  signature: Uint8Array<ArrayBuffer>;
  /** Its certificates as they were encoded together. */
  certificates: Uint8Array<ArrayBuffer>;
}

/** Receipts of the relay, each kept once for all messages that it speaks for. */
export class RelayReceiptTable {
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#statements = {
      certificates: db.prepare(
        `INSERT INTO relay_certificates (certificates) VALUES (?)
         ON CONFLICT DO UPDATE SET certificates = excluded.certificates RETURNING number`,
      ),
      add: db.prepare(
        "INSERT INTO relay_receipts (certificates, statement, signature) VALUES (?, ?, ?) RETURNING number",
      ),
      setFor: db.prepare("UPDATE messages SET relay_receipt = ? WHERE mailbox = ? AND id = ?"),
      of: db.prepare(
        `SELECT statement, signature, c.certificates AS certificates FROM messages
           JOIN relay_receipts r ON r.number = relay_receipt
           JOIN relay_certificates c ON c.number = r.certificates
         WHERE mailbox = ? AND id = ?`,
      ),
      wanted: db.prepare(
        `SELECT id, seq, digest FROM messages WHERE mailbox = ? AND digest IS NOT NULL AND relay_receipt IS NULL
         AND position >= ? ORDER BY position LIMIT ?`,
      ),
      digest: db.prepare("SELECT seq, digest FROM messages WHERE mailbox = ? AND id = ?"),
    } satisfies Record<string, StatementSync>;
  }

  /** Keeps a receipt for the messages that it speaks for. */
  add(mailbox: string, ids: Uint8Array[], { statement, signature, certificates }: RelayReceiptRow): void {
    const chain = Number(this.#statements.certificates.get(certificates)?.number);
    const number = Number(this.#statements.add.get(chain, statement, signature)?.number);
    for (const id of ids) this.#statements.setFor.run(number, mailbox, id);
  }

  /** The receipt for a message. */
  of(mailbox: string, id: Uint8Array): RelayReceiptRow | undefined {
    return this.#statements.of.get(mailbox, id) as unknown as RelayReceiptRow | undefined;
  }

  /** The SHA-256 of what this device sent, and the place that the relay gave it. */
  sent(mailbox: string, id: Uint8Array): { seq: number; digest: Uint8Array } | undefined {
    const row = this.#statements.digest.get(mailbox, id);
    if (row === undefined || row.digest === null || row.seq === null) return undefined;
    return row as unknown as { seq: number; digest: Uint8Array };
  }

  /** Messages that this device sent, from a position on, for which there is no receipt. */
  wanted(mailbox: string, position: number, limit: number): Uint8Array<ArrayBuffer>[] {
    return this.#statements.wanted.all(mailbox, position, limit).map(({ id }) =>
      id as Uint8Array<ArrayBuffer>
    );
  }
}
