import { DatabaseSync } from "node:sqlite";
import { decodeCbor } from "../../../lib/bytes/mod.ts";
import { type DeviceRef, formatDeviceRef } from "../../../lib/wire/mod.ts";

/** An entry that the relay has taken; all of them stay here, whatever the relay deletes. */
export interface AuditedEntry {
  mailbox: string;
  seq: number;
  kind: string;
  /** Hexadecimal digits. */
  id: string;
  from: string;
  /** The devices that may read it: members after it, where it is a commit. */
  readers: ReadonlySet<string>;
}

/** Copies what a relay writes, inside its database, so that a test knows the truth when all is over. */
export class RelayAudit implements Disposable {
  readonly #db: DatabaseSync;

  constructor(relayFolder: string) {
    this.#db = new DatabaseSync(`${relayFolder}/mailboxes.db`);
    this.#db.exec(`
      CREATE TABLE audit (mailbox INTEGER, seq INTEGER, kind TEXT, sender INTEGER, ids BLOB, change BLOB);
      CREATE TRIGGER audit_entry AFTER INSERT ON entry BEGIN
        INSERT INTO audit VALUES (new.mailbox, new.seq, new.kind, new.sender, new.id, new.change);
      END;
      CREATE TRIGGER audit_segment AFTER INSERT ON segment BEGIN
        INSERT INTO audit VALUES (new.mailbox, new.first, 'messages', NULL, new.ids, NULL);
      END;
    `);
  }

  /** Entries taken so far, to see whether anything goes on. */
  count(): number {
    return Number(this.#db.prepare("SELECT count(*) AS n FROM audit").get()!.n);
  }

  /** The entries of conversations, each mailbox in order, with who may read them. */
  entries(): AuditedEntry[] {
    const rows = this.#db.prepare(`
      SELECT mailbox.name AS mailbox, seq, kind, sender, ids, change FROM audit
      JOIN mailbox ON mailbox.id = audit.mailbox
      WHERE mailbox.name NOT LIKE 'device:%' ORDER BY mailbox.name, seq`).all();
    const names = this.#deviceNames();
    const entries: AuditedEntry[] = [];
    let mailbox = "", members = new Set<string>();
    for (const row of rows) {
      if (row.mailbox !== mailbox) members = new Set();
      mailbox = String(row.mailbox);
      const ids = row.ids as Uint8Array;
      if (row.kind === "messages") {
        for (let at = 0, seq = Number(row.seq); at < ids.length; at += 20, seq++) {
          const from = names.get(new DataView(ids.buffer, ids.byteOffset + at).getUint32(0))!;
          const id = ids.subarray(at + 4, at + 20).toHex();
          entries.push({ mailbox, seq, kind: "message", id, from, readers: members });
        }
        continue;
      }
      const from = names.get(Number(row.sender))!;
      members = applyChange(members, from, row.change as Uint8Array | null);
      const entry = { mailbox, seq: Number(row.seq), kind: String(row.kind) };
      entries.push({ ...entry, id: ids.toHex(), from, readers: members });
    }
    return entries;
  }

  /** The devices that the relay holds to be members of a conversation. */
  members(mailbox: string): string[] {
    const rows = this.#db.prepare(`
      SELECT user || '/' || device.device AS name FROM member
      JOIN mailbox ON mailbox.id = member.mailbox JOIN device ON device.id = member.device
      WHERE mailbox.name = ? AND ceiling IS NULL ORDER BY name`).all(mailbox);
    return rows.map(({ name }) => String(name));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #deviceNames(): Map<number, string> {
    const rows = this.#db.prepare("SELECT id, user || '/' || device AS name FROM device").all();
    return new Map(rows.map(({ id, name }) => [Number(id), String(name)]));
  }
}

/** The author of a commit is a member after it: it was before, or it enters from outside. */
function applyChange(members: Set<string>, author: string, change: Uint8Array | null): Set<string> {
  const { add, remove } = (change === null ? { add: [], remove: [] } : decodeCbor(change)) as unknown as {
    add: DeviceRef[];
    remove: DeviceRef[];
  };
  const after = new Set(members);
  for (const device of remove) after.delete(formatDeviceRef(device));
  for (const device of add) after.add(formatDeviceRef(device));
  return after.add(author);
}
