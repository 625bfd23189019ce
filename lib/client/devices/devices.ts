import { Ed25519Signer } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import {
  deviceLinkMessage,
  formatInvite,
  formatRelayAddress,
  generateInviteToken,
  hashInviteToken,
  parseCertificate,
  parseName,
} from "../../pki/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { listDevices, type ListedDevice } from "../people/device_keys.ts";
import { deviceFingerprint } from "../people/mark.ts";
import { decodeDeviceLabel, encodeDeviceLabel, parseDeviceLabel } from "./device_label.ts";
import { type ExpectedDevice, readKnownDevices, writeKnownDevices } from "./known_devices.ts";
import type { SyncedRecords } from "./synced_records.ts";

/** A device of one's own. */
export interface OwnDevice {
  /** Its name. */
  device: string;
  /** How the user calls it; empty where nothing was said. */
  label: string;
  /** Whether it is this one. */
  isThis: boolean;
  /** Whether it is connected now. */
  online: boolean;
  /** When it was connected last; undefined where the relay does not know. */
  lastSeen: Date | undefined;
  /** Until when its certificate is valid. */
  expires: Date;
  /** The fingerprint of its key. */
  fingerprint: string;
}

/** An invite for another device of one's own. */
export interface DeviceInvite {
  /** The URL to hand over; it is a secret and kept nowhere. */
  invite: string;
  /** The name that the device is to have. */
  device: string;
  /** After this instant it cannot be redeemed. */
  expiresAt: Date;
}

/** A user's own devices: seen, linked, named, revoked. */
export class Devices {
  readonly #core: ClientCore;
  readonly #records: SyncedRecords;

  /** Works for one device. */
  constructor(core: ClientCore, records: SyncedRecords) {
    this.#core = core;
    this.#records = records;
  }

  /**
   * The user's devices that have a valid certificate, by name.
   *
   * @throws {NetworkError} `not-connected`
   * @throws {AuthenticationError} where the relay lists what the authority has not issued
   */
  async list(): Promise<OwnDevice[]> {
    const { self, store: { synced } } = this.#core;
    const devices = await this.#listed(this.#core.link.require());
    return devices.map(({ device, key, certificate, online, lastSeen }) => {
      const label = synced.get("label", device);
      return {
        device,
        label: label === undefined ? "" : decodeDeviceLabel(label.value),
        isThis: device === self.device,
        online,
        lastSeen: lastSeen === undefined ? undefined : new Date(lastSeen),
        expires: parseCertificate(certificate).notAfter,
        fingerprint: deviceFingerprint(key),
      };
    });
  }

  /**
   * Makes an invite for another device of this user, signed by this one. With `history` the new device gets this one's
   * history, end-to-end encrypted, when both have connected.
   *
   * @throws {UsageError} `name-malformed`
   * @throws {NetworkError} `not-connected`
   * @throws {AuthenticationError} `device-exists` and what else the authority refuses it with
   * @throws {ProtocolError} `too-many-devices`, `link-expiry`, `rate-limited`
   */
  async link(name: string, expiresInMs: number, history = false): Promise<DeviceInvite> {
    const { self: { user }, identity, store, clock, random, link } = this.#core;
    const device = parseName(name, "device");
    const { host, port } = identity.facts;
    const { rootHash } = identity.trust;
    const token = generateInviteToken(random);
    const expiresAt = new Date(clock().getTime() + expiresInMs);
    const invite = { user, device, tokenHash: hashInviteToken(token), expiresAt, relay: { host, port } };
    const signer = new Ed25519Signer(identity.mls.signaturePrivateKey);
    await link.require().request("link-device", {
      device,
      relay: formatRelayAddress(invite.relay),
      tokenHash: invite.tokenHash,
      expiresAt: expiresAt.getTime(),
      signature: signer.sign(deviceLinkMessage(invite, rootHash)),
    });
    await store.transaction(() => this.#expect({ device, history }));
    return {
      invite: formatInvite({ relay: invite.relay, user, device, rootHash, token }),
      device,
      expiresAt,
    };
  }

  /**
   * Has another device of this user revoked. Where conversations are brought in order afterwards, it is out of them.
   *
   * @throws {UsageError} `name-malformed`
   * @throws {NetworkError} `not-connected`
   * @throws {ProtocolError} `device-unknown`, `device-own`
   */
  async revoke(name: string): Promise<Date> {
    const device = parseName(name, "device");
    const connection = this.#core.link.require();
    const { revokedAt } = await connection.request("revoke-device", { device });
    await this.#core.serially(() => this.#core.link.refreshCrl(connection));
    return new Date(revokedAt);
  }

  /**
   * Says how a device is called; all devices of the user hear of it. An empty label takes the name away.
   *
   * @throws {UsageError} `name-malformed`, `label-malformed`
   * @throws {ProtocolError} `device-unknown`
   * @throws {NetworkError} `not-connected`
   */
  async rename(name: string, text: string): Promise<string> {
    const device = parseName(name, "device");
    const label = parseDeviceLabel(text);
    const devices = await this.#listed(this.#core.link.require());
    if (!devices.some((one) => one.device === device)) {
      throw new ProtocolError("device-unknown", `${this.#core.self.user} has no device named ${device}`, {
        hint: "'parley devices list' shows them",
      });
    }
    await this.#core.store.transaction(() => this.#records.put("label", device, encodeDeviceLabel(label)));
    await this.#records.deliver();
    return label;
  }

  #listed(connection: ClientConnection): Promise<ListedDevice[]> {
    return listDevices(this.#core, [this.#core.self.user], connection);
  }

  /** Notes that a device will come which this one has linked. */
  #expect(expected: ExpectedDevice): void {
    const known = readKnownDevices(this.#core.store);
    const others = known.expected.filter(({ device }) => device !== expected.device);
    writeKnownDevices(this.#core.store, { ...known, expected: [...others, expected] });
  }
}
