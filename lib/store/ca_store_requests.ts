import type { DatabaseSync } from "node:sqlite";
import type { EnrollmentRequest, EnrollmentRequestRecords } from "../pki/mod.ts";
import { toStorageError } from "./storage_error.ts";

type Row = Record<string, unknown>;

/** The requests for enrolment that wait for an operator, in SQLite. */
export class SqliteRequestRecords implements EnrollmentRequestRecords {
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#statements = {
      add: db.prepare("INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)"),
      remove: db.prepare("DELETE FROM request WHERE id = ?"),
      decide: db.prepare("UPDATE request SET decision = ? WHERE id = ? AND decision IS NULL"),
      find: db.prepare("SELECT * FROM request WHERE id = ?"),
      list: db.prepare("SELECT * FROM request ORDER BY requested_at, id"),
    };
  }

  /** See {@link EnrollmentRequestRecords}. */
  add({ id, user, device, spki, code, address, requestedAt, expiresAt }: EnrollmentRequest): void {
    const [from, until] = [requestedAt.getTime(), expiresAt.getTime()];
    run(() => this.#statements.add.run(id, user, device, spki, code, address, from, until));
  }

  /** See {@link EnrollmentRequestRecords}. */
  remove(id: Uint8Array): void {
    run(() => this.#statements.remove.run(id));
  }

  /** See {@link EnrollmentRequestRecords}. */
  decide(id: Uint8Array, decision: "approved" | "denied"): boolean {
    return run(() => this.#statements.decide.run(decision, id).changes === 1);
  }

  /** See {@link EnrollmentRequestRecords}. */
  find(id: Uint8Array): EnrollmentRequest | undefined {
    const row = run(() => this.#statements.find.get(id));
    return row && toRequest(row);
  }

  /** See {@link EnrollmentRequestRecords}. */
  list(): EnrollmentRequest[] {
    return run(() => this.#statements.list.all()).map(toRequest);
  }
}

function toRequest(row: Row): EnrollmentRequest {
  const { decision } = row;
  return {
    id: row.id as Uint8Array<ArrayBuffer>,
    user: String(row.user),
    device: String(row.device),
    spki: row.spki as Uint8Array,
    code: String(row.code),
    address: String(row.address),
    requestedAt: new Date(Number(row.requested_at)),
    expiresAt: new Date(Number(row.expires_at)),
    ...((decision === "approved" || decision === "denied") && { decision }),
  };
}

function run<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStorageError(error);
  }
}
