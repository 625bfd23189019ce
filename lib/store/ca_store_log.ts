import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { InternalError } from "../errors/mod.ts";
import type {
  CaLog,
  EnrollmentRequestRecords,
  InviteRecord,
  Issuance,
  IssuanceFilter,
  LinkRecord,
  LoggedInvite,
  LoggedIssuance,
  Redemption,
  Revocation,
  RevocationReason,
  UserRecords,
} from "../pki/mod.ts";
import { caMigrations } from "./ca_store_migrations.ts";
import { SqliteRequestRecords } from "./ca_store_requests.ts";
import { SqliteUserRecords } from "./ca_store_users.ts";
import { openDatabase } from "./open_database.ts";
import { toStorageError } from "./storage_error.ts";

type Row = Record<string, SQLOutputValue>;

const ISSUANCE = `
  SELECT i.*, r.reason, r.revoked_at, l.linked_by
  FROM issuance i LEFT JOIN revocation r ON r.serial = i.serial
    LEFT JOIN redemption d ON d.serial = i.serial LEFT JOIN link l ON l.token_hash = d.token_hash`;
const INVITE = `
  SELECT i.*, r.serial, r.redeemed_at, l.device, l.linked_by, l.signature
  FROM invite i LEFT JOIN redemption r ON r.token_hash = i.token_hash
    LEFT JOIN link l ON l.token_hash = i.token_hash`;

/** The log of a certificate authority in SQLite. Several processes may have it open. */
export class SqliteCaLog implements CaLog {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Users who may enrol with a password. */
  readonly users: UserRecords;
  /** Applicants that wait for the operator's word. */
  readonly requests: EnrollmentRequestRecords;
  #dataVersion = -1;
  #changes = 0;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.users = new SqliteUserRecords(db);
    this.requests = new SqliteRequestRecords(db);
  }

  /**
   * Opens the log, made where there is none.
   *
   * @throws {StorageError} `storage-newer`, `storage-unwritable`, `storage-busy`, `storage-damaged`,
   * `storage-full`, `storage-failed`
   */
  static open(path: string): SqliteCaLog {
    return new SqliteCaLog(openDatabase(path, { migrations: caMigrations }));
  }

  /** Closes the database. Closing twice is allowed. */
  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  /** See {@link CaLog}. `work` must not await: the transaction ends when it returns. */
  atomically<T>(work: () => T): T {
    if (this.#db.isTransaction) {
      throw new InternalError("the authority's log was asked for nested transactions");
    }
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw toStorageError(error);
    }
  }

  /** See {@link CaLog}. */
  appendIssuance(issuance: Issuance): void {
    this.#append("issuance", {
      serial: issuance.serial,
      kind: issuance.kind,
      names: JSON.stringify(issuance.names),
      user: issuance.user ?? null,
      device: issuance.device ?? null,
      fingerprint: issuance.fingerprint,
      certificate: issuance.certificate,
      issued_at: issuance.issuedAt.getTime(),
      not_after: issuance.notAfter.getTime(),
    });
  }

  /** See {@link CaLog}. */
  appendRevocation({ serial, reason, revokedAt }: Revocation): void {
    this.#append("revocation", { serial, reason, revoked_at: revokedAt.getTime() });
  }

  /** See {@link CaLog}. */
  appendInvite(invite: InviteRecord): void {
    this.#append("invite", {
      token_hash: invite.tokenHash,
      user: invite.user,
      relay: invite.relay,
      created_at: invite.createdAt.getTime(),
      expires_at: invite.expiresAt.getTime(),
    });
  }

  /** See {@link CaLog}. */
  appendLink({ tokenHash, device, linkedBy, signature }: LinkRecord): void {
    this.#append("link", { token_hash: tokenHash, device, linked_by: linkedBy, signature });
  }

  /** See {@link CaLog}. */
  appendRedemption({ tokenHash, serial, redeemedAt }: Redemption): void {
    this.#append("redemption", { token_hash: tokenHash, serial, redeemed_at: redeemedAt.getTime() });
  }

  /** See {@link CaLog}. */
  takeCrlNumber(at: Date): number {
    return this.#append("crl", { issued_at: at.getTime() });
  }

  /** See {@link CaLog}. */
  findIssuance(serial: string): LoggedIssuance | undefined {
    return this.#select(`${ISSUANCE} WHERE i.serial = ?`, serial).map(toIssuance)[0];
  }

  /** See {@link CaLog}. */
  listIssuances({ user, device }: IssuanceFilter = {}): LoggedIssuance[] {
    const conditions = [user !== undefined && "i.user = ?", device !== undefined && "i.device = ?"];
    const where = conditions.filter((one) => one !== false).join(" AND ");
    const values = [user, device].filter((one) => one !== undefined);
    return this.#select(`${ISSUANCE} ${where && `WHERE ${where}`} ORDER BY i.seq`, ...values).map(toIssuance);
  }

  /** See {@link CaLog}. */
  listRevocations(): Revocation[] {
    return this.#select("SELECT serial, reason, revoked_at FROM revocation ORDER BY seq").map(toRevocation);
  }

  /** See {@link CaLog}. */
  findInvite(tokenHash: Uint8Array): LoggedInvite | undefined {
    return this.#select(`${INVITE} WHERE i.token_hash = ?`, tokenHash).map(toInvite)[0];
  }

  /** See {@link CaLog}. SQLite counts what other connections commit; what we append we count ourselves. */
  changeCounter(): number {
    const version = Number(this.#select("PRAGMA data_version")[0]?.data_version);
    if (version !== this.#dataVersion) {
      this.#dataVersion = version;
      this.#changes++;
    }
    return this.#changes;
  }

  #append(table: string, row: Record<string, SQLInputValue>): number {
    const columns = Object.keys(row);
    const marks = columns.map(() => "?").join(", ");
    try {
      const insert = this.#prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`);
      const { lastInsertRowid } = insert.run(...Object.values(row));
      this.#changes++;
      return Number(lastInsertRowid);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  #select(sql: string, ...values: SQLInputValue[]): Row[] {
    try {
      return this.#prepare(sql).all(...values);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }
}

function toIssuance(row: Row): LoggedIssuance {
  const { user, device } = row;
  return {
    serial: String(row.serial),
    kind: row.kind as Issuance["kind"],
    names: JSON.parse(String(row.names)) as string[],
    ...(typeof user === "string" && { user }),
    ...(typeof device === "string" && { device }),
    fingerprint: String(row.fingerprint),
    certificate: row.certificate as Uint8Array,
    issuedAt: toDate(row.issued_at),
    notAfter: toDate(row.not_after),
    ...(row.revoked_at !== null && { revocation: toRevocation(row) }),
    ...(row.linked_by !== null && { linkedBy: String(row.linked_by) }),
  };
}

function toRevocation(row: Row): Revocation {
  return {
    serial: String(row.serial),
    reason: row.reason as RevocationReason,
    revokedAt: toDate(row.revoked_at),
  };
}

function toInvite(row: Row): LoggedInvite {
  const tokenHash = row.token_hash as Uint8Array;
  return {
    tokenHash,
    user: String(row.user),
    relay: String(row.relay),
    createdAt: toDate(row.created_at),
    expiresAt: toDate(row.expires_at),
    ...(row.redeemed_at !== null &&
      { redemption: { tokenHash, serial: String(row.serial), redeemedAt: toDate(row.redeemed_at) } }),
    ...(row.linked_by !== null && { link: toLink(tokenHash, row) }),
  };
}

function toLink(tokenHash: Uint8Array, { device, linked_by, signature }: Row): LinkRecord {
  const names = { device: String(device), linkedBy: String(linked_by) };
  return { tokenHash, ...names, signature: signature as Uint8Array };
}

function toDate(ms: SQLOutputValue | undefined): Date {
  return new Date(Number(ms));
}
