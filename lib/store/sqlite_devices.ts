import type { DatabaseSync } from "node:sqlite";
import { type DeviceRef, formatDeviceRef } from "../wire/mod.ts";

/** A device as the database knows it. */
export interface KnownDevice {
  /** Its row. */
  id: number;
  /** The fingerprint of its public key; absent where it was never registered. */
  key: string | undefined;
  /** Whether it may take part: it is registered and was not dropped since. */
  active: boolean;
}

/** The devices that a relay's database knows, each read from it once. */
export class SqliteDevices {
  readonly #find;
  readonly #insert;
  readonly #update;
  readonly #nameOf;
  readonly #known = new Map<string, KnownDevice>();
  readonly #names = new Map<number, DeviceRef>();

  /** Prepares the statements. */
  constructor(db: DatabaseSync) {
    this.#find = db.prepare("SELECT id, key, active FROM device WHERE user = ? AND device = ?");
    this.#insert = db.prepare("INSERT INTO device (user, device, active) VALUES (?, ?, 0)");
    this.#update = db.prepare("UPDATE device SET active = ?, key = ? WHERE id = ?");
    this.#nameOf = db.prepare("SELECT user, device FROM device WHERE id = ?");
  }

  /** Finds a device that was registered at any time. */
  find(ref: DeviceRef): KnownDevice | undefined {
    const name = formatDeviceRef(ref);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = this.#find.get(ref.user, ref.device);
    if (row === undefined) return undefined;
    const key = row.key === null ? undefined : String(row.key);
    return this.#remember(ref, { id: Number(row.id), key, active: row.active === 1 });
  }

  /** Finds a device, or writes it down as one that is not active. */
  findOrAdd(ref: DeviceRef): KnownDevice {
    const known = this.find(ref);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.#insert.run(ref.user, ref.device);
    return this.#remember(ref, { id: Number(lastInsertRowid), key: undefined, active: false });
  }

  /** Lets a device with this key take part. */
  activate(device: KnownDevice, key: string): void {
    this.#update.run(1, key, device.id);
    Object.assign(device, { active: true, key });
  }

  /** Lets a device take part no more. */
  deactivate(device: KnownDevice): void {
    this.#update.run(0, device.key ?? null, device.id);
    device.active = false;
  }

  /** Names the device of a row. */
  nameOf(id: number): DeviceRef {
    const name = this.#names.get(id);
    if (name !== undefined) return name;
    const row = this.#nameOf.get(id);
    const ref = { user: String(row?.user), device: String(row?.device) };
    this.#names.set(id, ref);
    return ref;
  }

  /** Forgets what was read, because a transaction was rolled back. */
  forget(): void {
    this.#known.clear();
    this.#names.clear();
  }

  #remember(ref: DeviceRef, device: KnownDevice): KnownDevice {
    this.#known.set(formatDeviceRef(ref), device);
    this.#names.set(device.id, { user: ref.user, device: ref.device });
    return device;
  }
}
