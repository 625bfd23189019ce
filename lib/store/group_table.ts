import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CellCipher } from "./cell_cipher.ts";

/** A member of a conversation's group. */
export interface MemberRow {
  /** The leaf index. */
  leaf: number;
  /** The user. */
  user: string;
  /** The device. */
  device: string;
  /** The serial number of its certificate. */
  serial: string;
  /** The Ed25519 public key. */
  signatureKey: Uint8Array;
}

/** Everything of a group in one epoch. */
export interface GroupRows {
  /** The number of the epoch. */
  number: number;
  /** What lasts for the epoch; stored encrypted. */
  epoch: Uint8Array;
  /** The ratchet tree; public. */
  tree: Uint8Array;
  /** The members. */
  members: MemberRow[];
  /** The message ratchets by leaf; stored encrypted, each in its member's row. */
  ratchets: Map<number, Uint8Array>;
}

/**
 * MLS states. A message rewrites the row of its sender and nothing else; a commit replaces all rows of its
 * group.
 */
export class GroupTable {
  readonly #cipher: CellCipher;
  readonly #number: StatementSync;
  readonly #epoch: StatementSync;
  readonly #tree: StatementSync;
  readonly #putGroup: StatementSync;
  readonly #deleteGroup: StatementSync;
  readonly #member: StatementSync;
  readonly #members: StatementSync;
  readonly #putMember: StatementSync;
  readonly #deleteMembers: StatementSync;
  readonly #setRatchet: StatementSync;
  readonly #conversations: StatementSync;
  readonly #withOtherSerial: StatementSync;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#number = db.prepare("SELECT epoch FROM groups WHERE mailbox = ?");
    this.#epoch = db.prepare("SELECT epoch, sealed FROM groups WHERE mailbox = ?");
    this.#tree = db.prepare("SELECT tree FROM groups WHERE mailbox = ?");
    this.#putGroup = db.prepare(
      "INSERT OR REPLACE INTO groups (mailbox, epoch, sealed, tree) VALUES (?, ?, ?, ?)",
    );
    this.#deleteGroup = db.prepare("DELETE FROM groups WHERE mailbox = ?");
    this.#member = db.prepare("SELECT * FROM members WHERE mailbox = ? AND leaf = ?");
    this.#members = db.prepare("SELECT * FROM members WHERE mailbox = ? ORDER BY leaf");
    this.#putMember = db.prepare(
      `INSERT INTO members (mailbox, leaf, user, device, serial, signature_key, sealed)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#deleteMembers = db.prepare("DELETE FROM members WHERE mailbox = ?");
    this.#setRatchet = db.prepare("UPDATE members SET sealed = ? WHERE mailbox = ? AND leaf = ?");
    this.#conversations = db.prepare("SELECT mailbox FROM groups ORDER BY mailbox");
    this.#withOtherSerial = db.prepare(
      "SELECT DISTINCT mailbox FROM members WHERE user = ? AND device = ? AND serial <> ? ORDER BY mailbox",
    );
  }

  /** The conversations that this device is a member of. */
  conversations(): string[] {
    return this.#conversations.all().map((row) => String(row.mailbox));
  }

  /** The conversations in which a device is known by another certificate than the one with this serial number. */
  conversationsWithOtherSerial({ user, device }: { user: string; device: string }, serial: string): string[] {
    return this.#withOtherSerial.all(user, device, serial).map((row) => String(row.mailbox));
  }

  /** The number of a group's epoch; undefined where this device is not in it. */
  epochNumber(mailbox: string): number | undefined {
    const row = this.#number.get(mailbox);
    return row === undefined ? undefined : Number(row.epoch);
  }

  /** What lasts for the epoch, decrypted. */
  epoch(mailbox: string): Uint8Array | undefined {
    const row = this.#epoch.get(mailbox) as { epoch: number; sealed: Uint8Array } | undefined;
    return row && this.#cipher.open(epochPlace(mailbox, row.epoch), row.sealed);
  }

  /** The members. */
  members(mailbox: string): MemberRow[] {
    return this.#members.all(mailbox).map((row) => toMember(row as unknown as StoredMember));
  }

  /** One member with its message ratchets; undefined where the leaf is blank. */
  member(mailbox: string, leaf: number): (MemberRow & { ratchet: Uint8Array }) | undefined {
    const row = this.#member.get(mailbox, leaf) as unknown as StoredMember | undefined;
    if (row === undefined) return undefined;
    return { ...toMember(row), ratchet: this.#cipher.open(ratchetPlace(mailbox, leaf), row.sealed) };
  }

  /** Writes one member's message ratchets. */
  setRatchet(mailbox: string, leaf: number, ratchet: Uint8Array): void {
    this.#setRatchet.run(this.#cipher.seal(ratchetPlace(mailbox, leaf), ratchet), mailbox, leaf);
  }

  /** The whole state, for a handshake. */
  group(mailbox: string): GroupRows | undefined {
    const number = this.epochNumber(mailbox);
    const epoch = this.epoch(mailbox);
    if (number === undefined || epoch === undefined) return undefined;
    const ratchets = new Map<number, Uint8Array>();
    const members = this.#members.all(mailbox).map((row) => {
      const stored = row as unknown as StoredMember;
      ratchets.set(stored.leaf, this.#cipher.open(ratchetPlace(mailbox, stored.leaf), stored.sealed));
      return toMember(stored);
    });
    return { number, epoch, tree: this.#tree.get(mailbox)?.tree as Uint8Array, members, ratchets };
  }

  /** Replaces a group's state by that of another epoch. */
  replace(mailbox: string, group: GroupRows): void {
    this.remove(mailbox);
    const sealed = this.#cipher.seal(epochPlace(mailbox, group.number), group.epoch);
    this.#putGroup.run(mailbox, group.number, sealed, group.tree);
    for (const { leaf, user, device, serial, signatureKey } of group.members) {
      const ratchet = this.#cipher.seal(
        ratchetPlace(mailbox, leaf),
        group.ratchets.get(leaf) ?? new Uint8Array(),
      );
      this.#putMember.run(mailbox, leaf, user, device, serial, signatureKey, ratchet);
    }
  }

  /** Deletes a group's state. */
  remove(mailbox: string): void {
    this.#deleteMembers.run(mailbox);
    this.#deleteGroup.run(mailbox);
  }
}

interface StoredMember {
  leaf: number;
  user: string;
  device: string;
  serial: string;
  signature_key: Uint8Array;
  sealed: Uint8Array;
}

function toMember({ leaf, user, device, serial, signature_key }: StoredMember): MemberRow {
  return { leaf, user, device, serial, signatureKey: signature_key };
}

function epochPlace(mailbox: string, number: number): string {
  return `groups|${mailbox}|${number}`;
}

function ratchetPlace(mailbox: string, leaf: number): string {
  return `members|${mailbox}|${leaf}`;
}
