import type { DatabaseSync } from "node:sqlite";

/** When devices were connected last. */
export class SqlitePresence {
  readonly #note;
  readonly #ofUser;

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#note = db.prepare("INSERT OR REPLACE INTO presence (device, time) VALUES (?, ?)");
    this.#ofUser = db.prepare(
      "SELECT d.device AS name, p.time FROM device d JOIN presence p ON p.device = d.id WHERE d.user = ?",
    );
  }

  /** Notes that a device (by its row) was connected at a time. */
  note(device: number, time: number): void {
    this.#note.run(device, time);
  }

  /** The devices of a user by name, each with the time, milliseconds since 1970. */
  ofUser(user: string): Map<string, number> {
    return new Map(this.#ofUser.all(user).map(({ name, time }) => [String(name), Number(time)]));
  }
}
