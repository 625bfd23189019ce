import type { DatabaseSync, StatementSync } from "node:sqlite";
import { decodeUtf8, encodeUtf8 } from "../bytes/mod.ts";
import type { CellCipher } from "./cell_cipher.ts";

/** What groups are called, and who has said that they leave. */
export class GroupProfileTable {
  readonly #cipher: CellCipher;
  readonly #get: StatementSync;
  readonly #all: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #addLeaver: StatementSync;
  readonly #deleteLeavers: StatementSync;
  readonly #withLeavers: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#get = db.prepare("SELECT sealed FROM group_profiles WHERE mailbox = ?");
    this.#all = db.prepare("SELECT mailbox, sealed FROM group_profiles ORDER BY mailbox");
    this.#delete = db.prepare("DELETE FROM group_profiles WHERE mailbox = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO group_profiles (mailbox, sealed) VALUES (?, ?)");
    this.#addLeaver = db.prepare("INSERT INTO leavers (mailbox, user) VALUES (?, ?)");
    this.#deleteLeavers = db.prepare("DELETE FROM leavers WHERE mailbox = ?");
    this.#withLeavers = db.prepare("SELECT DISTINCT mailbox FROM leavers ORDER BY mailbox");
  }

  /** What a group is called; undefined where nobody has said. */
  name(mailbox: string): string | undefined {
    const row = this.#get.get(mailbox) as { sealed: Uint8Array } | undefined;
    return row && this.#open(mailbox, row.sealed);
  }

  /** What all groups are called, by mailbox. */
  names(): Map<string, string> {
    const names = new Map<string, string>();
    for (const row of this.#all.iterate()) {
      const { mailbox, sealed } = row as unknown as { mailbox: string; sealed: Uint8Array };
      names.set(mailbox, this.#open(mailbox, sealed));
    }
    return names;
  }

  /** Forgets what a group is called. */
  delete(mailbox: string): void {
    this.#delete.run(mailbox);
  }

  /** Names a group. */
  setName(mailbox: string, name: string): void {
    this.#put.run(mailbox, this.#cipher.seal(groupProfilePlace(mailbox), encodeUtf8(name)));
  }

  /** Notes who they are now. */
  setLeavers(mailbox: string, users: readonly string[]): void {
    this.#deleteLeavers.run(mailbox);
    for (const user of users) this.#addLeaver.run(mailbox, user);
  }

  /** The groups that users have said to leave. */
  withLeavers(): string[] {
    return this.#withLeavers.all().map(({ mailbox }) => String(mailbox));
  }

  #open(mailbox: string, sealed: Uint8Array): string {
    return decodeUtf8(this.#cipher.open(groupProfilePlace(mailbox), sealed));
  }
}

/** Where the name of a group stands, for the cipher. */
export function groupProfilePlace(mailbox: string): string {
  return `group_profiles|${mailbox}`;
}
