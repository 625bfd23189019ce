import type { DatabaseSync } from "node:sqlite";
import { equalBytes } from "../bytes/mod.ts";
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

/** A member, and since when. */
export interface SeatedMember extends MemberRow {
  /**
   * The sequence number of the entry by which the device became a member: it can read what comes after it. It
   * stays when the device enters again from outside or gets another leaf.
   */
  since: number;
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
  /** From which the ratchets of those are derived who have sent nothing in the epoch; stored encrypted. */
  secrets: Uint8Array;
  /** The message ratchets of the others by leaf; stored encrypted. */
  ratchets: Map<number, Uint8Array>;
}

/** How fresh this device's own keys in a group are. */
export interface KeyAge {
  /** When they were made, milliseconds since 1970. */
  refreshed: number;
  /** The messages that it has sent since then. */
  sent: number;
}

/**
 * MLS states. A message rewrites the ratchets of its sender and nothing else; a commit rewrites what lasts for an
 * epoch, the tree, and the rows of the members that it changes.
 */
export class GroupTable {
  readonly #cipher: CellCipher;
  readonly #statements;

  /** Prepares the statements. */
  constructor(db: DatabaseSync, cipher: CellCipher) {
    this.#cipher = cipher;
    this.#statements = {
      number: db.prepare("SELECT epoch FROM groups WHERE mailbox = ?"),
      epoch: db.prepare("SELECT epoch, sealed FROM groups WHERE mailbox = ?"),
      tree: db.prepare("SELECT tree FROM group_trees WHERE mailbox = ?"),
      secrets: db.prepare("SELECT epoch, secrets FROM groups WHERE mailbox = ?"),
      setSecrets: db.prepare("UPDATE groups SET secrets = ? WHERE mailbox = ?"),
      keyAge: db.prepare("SELECT refreshed, sent FROM groups WHERE mailbox = ?"),
      keyAges: db.prepare(
        `SELECT mailbox, refreshed, sent,
           (SELECT count(*) FROM members WHERE members.mailbox = groups.mailbox) AS members
         FROM groups ORDER BY mailbox`,
      ),
      setKeyAge: db.prepare("UPDATE groups SET refreshed = ?, sent = ? WHERE mailbox = ?"),
      inspectedAt: db.prepare("SELECT inspected FROM groups WHERE mailbox = ?"),
      setInspected: db.prepare("UPDATE groups SET inspected = ? WHERE mailbox = ?"),
      countSent: db.prepare("UPDATE groups SET sent = sent + ? WHERE mailbox = ?"),
      putTree: db.prepare(
        "INSERT INTO group_trees (mailbox, tree) VALUES (?, ?) ON CONFLICT DO UPDATE SET tree = excluded.tree",
      ),
      deleteTree: db.prepare("DELETE FROM group_trees WHERE mailbox = ?"),
      putGroup: db.prepare(
        `INSERT INTO groups (mailbox, epoch, sealed, secrets) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET epoch = excluded.epoch, sealed = excluded.sealed, secrets = excluded.secrets`,
      ),
      deleteGroup: db.prepare("DELETE FROM groups WHERE mailbox = ?"),
      countMembers: db.prepare("SELECT count(*) AS count FROM members WHERE mailbox = ?"),
      seatOf: db.prepare("SELECT * FROM members WHERE user = ? AND device = ? AND mailbox = ?"),
      member: db.prepare("SELECT * FROM members WHERE mailbox = ? AND leaf = ?"),
      members: db.prepare("SELECT * FROM members WHERE mailbox = ? ORDER BY leaf"),
      putMember: db.prepare(
        `INSERT OR REPLACE INTO members (mailbox, leaf, user, device, serial, signature_key, since)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ),
      deleteMember: db.prepare("DELETE FROM members WHERE mailbox = ? AND leaf = ?"),
      deleteMembers: db.prepare("DELETE FROM members WHERE mailbox = ?"),
      ratchet: db.prepare("SELECT sealed FROM ratchets WHERE mailbox = ? AND leaf = ?"),
      ratchets: db.prepare("SELECT leaf, sealed FROM ratchets WHERE mailbox = ?"),
      setRatchet: db.prepare("INSERT OR REPLACE INTO ratchets (mailbox, leaf, sealed) VALUES (?, ?, ?)"),
      deleteRatchets: db.prepare("DELETE FROM ratchets WHERE mailbox = ?"),
      conversations: db.prepare("SELECT mailbox FROM groups ORDER BY mailbox"),
      withOtherSerial: db.prepare(
        "SELECT DISTINCT mailbox FROM members WHERE user = ? AND device = ? AND serial <> ? ORDER BY mailbox",
      ),
    };
  }

  /** The conversations that this device is a member of. */
  conversations(): string[] {
    return this.#statements.conversations.all().map((row) => String(row.mailbox));
  }

  /** The conversations in which a device is known by another certificate than the one with this serial number. */
  conversationsWithOtherSerial({ user, device }: { user: string; device: string }, serial: string): string[] {
    return this.#statements.withOtherSerial.all(user, device, serial).map((row) => String(row.mailbox));
  }

  /** The number of a group's epoch; undefined where this device is not in it. */
  epochNumber(mailbox: string): number | undefined {
    const row = this.#statements.number.get(mailbox);
    return row === undefined ? undefined : Number(row.epoch);
  }

  /** What lasts for the epoch, decrypted. */
  epoch(mailbox: string): Uint8Array | undefined {
    const row = this.#statements.epoch.get(mailbox) as { epoch: number; sealed: Uint8Array } | undefined;
    return row && this.#cipher.open(epochPlace(mailbox, row.epoch), row.sealed);
  }

  /** The members. */
  members(mailbox: string): SeatedMember[] {
    return this.#statements.members.all(mailbox).map((row) => toMember(row as unknown as StoredMember));
  }

  /** One member; undefined where the leaf is blank. */
  member(mailbox: string, leaf: number): SeatedMember | undefined {
    const row = this.#statements.member.get(mailbox, leaf) as unknown as StoredMember | undefined;
    return row && toMember(row);
  }

  /** How many members there are. */
  countMembers(mailbox: string): number {
    return Number(this.#statements.countMembers.get(mailbox)?.count);
  }

  /** A device's place in a group; undefined where it has none. */
  seatOf(mailbox: string, { user, device }: { user: string; device: string }): SeatedMember | undefined {
    const row = this.#statements.seatOf.get(user, device, mailbox) as unknown as StoredMember | undefined;
    return row && toMember(row);
  }

  /** One member's message ratchets; undefined where it has sent nothing in the present epoch. */
  ratchet(mailbox: string, leaf: number): Uint8Array | undefined {
    const row = this.#statements.ratchet.get(mailbox, leaf) as { sealed: Uint8Array } | undefined;
    return row && this.#cipher.open(ratchetPlace(mailbox, leaf), row.sealed);
  }

  /** Writes one member's message ratchets. */
  setRatchet(mailbox: string, leaf: number, ratchet: Uint8Array): void {
    this.#statements.setRatchet.run(mailbox, leaf, this.#cipher.seal(ratchetPlace(mailbox, leaf), ratchet));
  }

  /** From which ratchets are derived. */
  secrets(mailbox: string): Uint8Array | undefined {
    const row = this.#statements.secrets.get(mailbox) as { epoch: number; secrets: Uint8Array } | undefined;
    return row && this.#cipher.open(secretsPlace(mailbox, row.epoch), row.secrets);
  }

  /** Writes what is left of them. */
  setSecrets(mailbox: string, secrets: Uint8Array): void {
    const number = this.epochNumber(mailbox);
    if (number === undefined) return;
    this.#statements.setSecrets.run(this.#cipher.seal(secretsPlace(mailbox, number), secrets), mailbox);
  }

  /** How fresh this device's own keys are. */
  keyAge(mailbox: string): KeyAge | undefined {
    return this.#statements.keyAge.get(mailbox) as unknown as KeyAge | undefined;
  }

  /** The same of all groups, with the numbers of their members. */
  keyAges(): (KeyAge & { mailbox: string; members: number })[] {
    return this.#statements.keyAges.all() as unknown as (KeyAge & { mailbox: string; members: number })[];
  }

  /** Notes that this device's own keys were made anew. */
  setRefreshed(mailbox: string, time: number): void {
    this.#statements.setKeyAge.run(time, 0, mailbox);
  }

  /** When the members were compared with the users' devices last, milliseconds since 1970. */
  inspectedAt(mailbox: string): number {
    return Number(this.#statements.inspectedAt.get(mailbox)?.inspected ?? 0);
  }

  /** Notes that they were. */
  setInspected(mailbox: string, time: number): void {
    this.#statements.setInspected.run(time, mailbox);
  }

  /** Counts messages that this device has sent. */
  countSent(mailbox: string, messages: number): void {
    this.#statements.countSent.run(messages, mailbox);
  }

  /** The whole state, for a handshake. */
  group(mailbox: string): GroupRows | undefined {
    const number = this.epochNumber(mailbox);
    const epoch = this.epoch(mailbox), secrets = this.secrets(mailbox);
    if (number === undefined || epoch === undefined || secrets === undefined) return undefined;
    const ratchets = new Map<number, Uint8Array>();
    for (const row of this.#statements.ratchets.all(mailbox)) {
      const { leaf, sealed } = row as unknown as { leaf: number; sealed: Uint8Array };
      ratchets.set(leaf, this.#cipher.open(ratchetPlace(mailbox, leaf), sealed));
    }
    const tree = this.#statements.tree.get(mailbox)?.tree as Uint8Array;
    return { number, epoch, tree, secrets, members: this.members(mailbox), ratchets };
  }

  /** Replaces a group's state by that of another epoch, which began with the entry `seq`. */
  replace(mailbox: string, group: GroupRows, seq: number): void {
    const { number, epoch, tree, secrets } = group;
    this.#statements.putGroup.run(
      mailbox,
      number,
      this.#cipher.seal(epochPlace(mailbox, number), epoch),
      this.#cipher.seal(secretsPlace(mailbox, number), secrets),
    );
    this.#statements.putTree.run(mailbox, tree);
    this.#statements.deleteRatchets.run(mailbox);
    for (const [leaf, ratchet] of group.ratchets) this.setRatchet(mailbox, leaf, ratchet);
    this.#replaceMembers(mailbox, group.members, seq);
  }

  /** Deletes a group's state. */
  remove(mailbox: string): void {
    this.#statements.deleteMembers.run(mailbox);
    this.#statements.deleteRatchets.run(mailbox);
    this.#statements.deleteTree.run(mailbox);
    this.#statements.deleteGroup.run(mailbox);
  }

  /** Writes the rows that differ. */
  #replaceMembers(mailbox: string, members: MemberRow[], seq: number): void {
    const before = this.members(mailbox);
    const atLeaf = new Map(before.map((one) => [one.leaf, one]));
    const seats = new Map(before.map((one) => [deviceName(one), one.since]));
    for (const member of members) {
      const known = atLeaf.get(member.leaf);
      atLeaf.delete(member.leaf);
      if (known !== undefined && isSame(known, member)) continue;
      const { leaf, user, device, serial, signatureKey } = member;
      const since = seats.get(deviceName(member)) ?? seq;
      this.#statements.putMember.run(mailbox, leaf, user, device, serial, signatureKey, since);
    }
    for (const leaf of atLeaf.keys()) this.#statements.deleteMember.run(mailbox, leaf);
  }
}

interface StoredMember {
  leaf: number;
  user: string;
  device: string;
  serial: string;
  signature_key: Uint8Array;
  since: number;
}

function toMember({ leaf, user, device, serial, signature_key, since }: StoredMember): SeatedMember {
  return { leaf, user, device, serial, signatureKey: signature_key, since };
}

/** Whether the same device has the same certificate and key. */
function isSame(a: MemberRow, b: MemberRow): boolean {
  return a.serial === b.serial && deviceName(a) === deviceName(b) &&
    equalBytes(a.signatureKey, b.signatureKey);
}

function deviceName({ user, device }: MemberRow): string {
  return `${user}/${device}`;
}

function epochPlace(mailbox: string, number: number): string {
  return `groups|${mailbox}|${number}`;
}

function secretsPlace(mailbox: string, number: number): string {
  return `groups.secrets|${mailbox}|${number}`;
}

function ratchetPlace(mailbox: string, leaf: number): string {
  return `ratchets|${mailbox}|${leaf}`;
}
