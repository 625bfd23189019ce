import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { DeviceRef } from "../wire/mod.ts";

/** The key packages in a relay's database. */
export class SqliteKeyPackages {
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#statements = {
      insert: db.prepare(
        `INSERT INTO key_package (device, digest, last_resort, time, body) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
      ),
      deleteOneTime: db.prepare(
        "UPDATE key_package SET body = NULL WHERE device = ? AND last_resort = 0 AND body IS NOT NULL",
      ),
      deleteLastResort: db.prepare("DELETE FROM key_package WHERE device = ? AND last_resort = 1"),
      deleteSurplus: db.prepare(
        `UPDATE key_package SET body = NULL WHERE id IN (
           SELECT id FROM key_package WHERE device = ? AND last_resort = 0 AND body IS NOT NULL
           ORDER BY id DESC LIMIT -1 OFFSET ?)`,
      ),
      // One-time packages first, the oldest first; then the last resort.
      next: db.prepare(
        `SELECT id, last_resort, body FROM key_package WHERE device = ? AND body IS NOT NULL
         ORDER BY last_resort, id LIMIT 1`,
      ),
      take: db.prepare("UPDATE key_package SET body = NULL WHERE id = ?"),
      count: db.prepare(
        "SELECT count(*) AS count FROM key_package WHERE device = ? AND last_resort = 0 AND body IS NOT NULL",
      ),
      drop: db.prepare("DELETE FROM key_package WHERE device = ?"),
      forgetTaken: db.prepare("DELETE FROM key_package WHERE body IS NULL AND time < ?"),
      reachable: db.prepare(
        `SELECT user, device FROM device WHERE active AND (?1 IS NULL OR user IN (SELECT value FROM json_each(?1)))
           AND EXISTS (SELECT 1 FROM key_package WHERE key_package.device = device.id AND body IS NOT NULL)
         ORDER BY user, device LIMIT ?2`,
      ),
    };
  }

  /** Adds one-time packages that were never there, and drops the oldest above `maxPackages`. */
  add(device: number, packages: Uint8Array[], time: number, maxPackages: number): void {
    for (const body of packages) this.#statements.insert.run(device, digest(body), 0, time, body);
    this.#statements.deleteSurplus.run(device, maxPackages);
  }

  /** Deletes the one-time packages that were not handed out; none of them can come back. */
  deleteOneTime(device: number): void {
    this.#statements.deleteOneTime.run(device);
  }

  /** Replaces the last-resort package. */
  setLastResort(device: number, body: Uint8Array, time: number): void {
    this.#statements.deleteLastResort.run(device);
    this.#statements.insert.run(device, digest(body), 1, time, body);
  }

  /** Takes the oldest one-time package, else the last resort. */
  take(device: number): Uint8Array<ArrayBuffer> | undefined {
    const row = this.#statements.next.get(device);
    if (row === undefined) return undefined;
    if (row.last_resort === 0) this.#statements.take.run(Number(row.id));
    return row.body as Uint8Array<ArrayBuffer>;
  }

  /** Counts the one-time packages that are left. */
  count(device: number): number {
    return Number(this.#statements.count.get(device)?.count);
  }

  /** Deletes all of a device. */
  drop(device: number): void {
    this.#statements.drop.run(device);
  }

  /** Forgets the digests of packages that were published before a time and handed out. */
  forgetTaken(before: number): void {
    this.#statements.forgetTaken.run(before);
  }

  /** Lists active devices with at least one package. */
  reachable(users: readonly string[] | undefined, limit: number): DeviceRef[] {
    const names = users === undefined ? null : JSON.stringify(users);
    return this.#statements.reachable.all(names, limit).map((row) => ({
      user: String(row.user),
      device: String(row.device),
    }));
  }
}

function digest(body: Uint8Array): Uint8Array {
  return createHash("sha256").update(body).digest();
}
