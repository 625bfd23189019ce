import { AuthenticationError, ParleyError } from "../../errors/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import type { DeviceRef } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { listDevices, type ListedDevice } from "../people/device_keys.ts";
import { deviceFingerprint } from "../people/mark.ts";
import type { HistoryTransfer } from "./history_transfer.ts";
import { type KnownDevices, readKnownDevices, writeKnownDevices } from "./known_devices.ts";
import type { SyncedRecords } from "./synced_records.ts";

/** Brings a user's devices into all conversations, and says so where one is a surprise. */
export class DevicePlacement {
  readonly #core: ClientCore;
  readonly #records: SyncedRecords;
  readonly #transfer: HistoryTransfer;

  /** Works for one device. */
  constructor(core: ClientCore, records: SyncedRecords, transfer: HistoryTransfer) {
    this.#core = core;
    this.#records = records;
    this.#transfer = transfer;
  }

  /**
   * Brings devices of this user that are new into all conversations, and tells them what all of the user's devices
   * know, and this one's history where it was linked for that. A device that this one has not linked is warned of.
   * Cheap where nothing has changed. What keeps a device out is warned of and tried again the next time. Within
   * {@link ClientCore.serially}, after what the relay has was worked in.
   */
  async settle(connection: ClientConnection): Promise<void> {
    await this.#place(connection);
    await this.#orWarn(undefined, () => this.#transfer.send(connection));
  }

  async #place(connection: ClientConnection): Promise<void> {
    const { store, warn, self } = this.#core;
    const known = readKnownDevices(store);
    const devices = await this.#orWarn([], () => listDevices(this.#core, [self.user], connection));
    const present = new Map(devices.map(({ device, key }) => [device, deviceFingerprint(key)]));
    if (present.size === 0 || isSame(known.placed, present)) return;
    // A device that looks for the first time knows no other, and has nothing to tell.
    const isFirstLook = known.seen.size === 0;
    if (!isFirstLook) strangers(known, present).forEach((device) => warn(stranger({ ...self, device })));
    await this.#addToConversations(await this.#reachable(connection, devices), connection);
    const placed = this.#placedOf(present);
    const isNews = !isFirstLook && placed.keys().some((device) => !known.placed.has(device));
    const hasRecords = await store.transaction(() => {
      const { seen, expected, owed } = readKnownDevices(store);
      const before = store.messages.lastPosition() + 1;
      const came = expected.filter(({ device, history }) => history && present.has(device));
      writeKnownDevices(store, {
        placed,
        seen: new Map([...seen, ...present]),
        expected: expected.filter(({ device }) => !present.has(device)),
        owed: [...owed, ...came.map(({ device }) => ({ device, before }))].filter(({ device }) =>
          present.has(device)
        ),
      });
      return isNews && this.#records.enqueueAll();
    });
    if (hasRecords) await this.#orWarn(undefined, () => this.#records.deliverNow(connection));
  }

  /** Those that have published keys, so that they can be added. */
  async #reachable(connection: ClientConnection, listed: ListedDevice[]): Promise<ListedDevice[]> {
    const { devices } = await connection.request("devices", { users: [this.#core.self.user] });
    return listed.filter((one) => devices.some(({ device }) => device === one.device));
  }

  async #addToConversations(devices: ListedDevice[], connection: ClientConnection): Promise<void> {
    const { conversations, synchronizer } = this.#core;
    const catchUp = () => synchronizer.catchUp(connection);
    const wish = { devices: devices.map(({ user, device }) => ({ user, device })) };
    for (const mailbox of this.#conversations()) {
      const members = this.#ownMembers(mailbox);
      if (devices.every(({ device, key }) => members.get(device) === deviceFingerprint(key))) continue;
      await this.#orWarn(undefined, () => conversations.ready(mailbox, { connection, catchUp }, wish));
    }
  }

  /** Those of the devices that are members of all conversations. */
  #placedOf(devices: ReadonlyMap<string, string>): Map<string, string> {
    const memberships = this.#conversations().map((mailbox) => this.#ownMembers(mailbox));
    return new Map(
      [...devices].filter(([device, key]) => memberships.every((one) => one.get(device) === key)),
    );
  }

  #conversations(): string[] {
    const { groups, mailboxes } = this.#core.store;
    return groups.conversations().filter((mailbox) => mailboxes.get(mailbox).state === "active");
  }

  /** The user's devices in a conversation, each with the fingerprint of its key. */
  #ownMembers(mailbox: string): Map<string, string> {
    const { self, store: { groups } } = this.#core;
    const own = groups.members(mailbox).filter(({ user }) => user === self.user);
    return new Map(own.map(({ device, signatureKey }) => [device, deviceFingerprint(signatureKey)]));
  }

  /** What is wrong with one conversation, or with what the relay lists, must not keep the rest from working. */
  async #orWarn<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ParleyError) || !["protocol", "authentication"].includes(error.kind)) {
        throw error;
      }
      this.#core.warn(error);
      return otherwise;
    }
  }
}

/** Devices that this one has neither seen before nor linked. */
function strangers({ seen, expected }: KnownDevices, present: ReadonlyMap<string, string>): string[] {
  return [...present].filter(([device, key]) => seen.get(device) !== key)
    .map(([device]) => device).filter((device) => !expected.some((one) => one.device === device));
}

function stranger({ user, device }: DeviceRef): AuthenticationError {
  return new AuthenticationError(
    "device-new",
    `${user}/${device} is a new device of yours; if you know nothing of it: parley devices revoke ${device}`,
  );
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && a.entries().every(([name, key]) => b.get(name) === key);
}
