import { ParleyError, ProtocolError } from "../errors/mod.ts";
import { type LoggedIssuance, parseRelayAddress } from "../pki/mod.ts";
import type { MailboxStore } from "../store/mod.ts";
import {
  type DeviceCertificate,
  type DeviceRef,
  limits,
  type OperationRequest,
  type OperationResponse,
} from "../wire/mod.ts";
import type { AuthorityWatch, RelayAuthority } from "./authority_watch.ts";
import { certificateRevoked } from "./certificate_error.ts";
import type { Presence } from "./presence.ts";
import { RateLimiter } from "./rate_limiter.ts";
import type { RelayLimits } from "./relay_limits.ts";
import type { RelayLog } from "./relay_log.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session_table.ts";

/** What a device service is made of. */
export interface DeviceServiceOptions {
  /** Issues and revokes. */
  ca: RelayAuthority;
  /** What the authority says. */
  watch: Pick<AuthorityWatch, "isRevoked">;
  /** Knows who was connected when. */
  presence: Pick<Presence, "lastSeen">;
  /** Knows who can be added to conversations. */
  store: Pick<MailboxStore, "reachableDevices">;
  /** Who is connected. */
  sessions: SessionTable;
  /** Bounds. */
  limits: Pick<RelayLimits, "linksPerSecond" | "linkBurst">;
  /** Where it writes who did what. */
  log: RelayLog;
  /** Works in what was revoked until now: connections are closed, the new CRL is made and pushed. */
  settleRevocations(): Promise<void>;
}

/** What users do with their own devices: link another one, revoke a lost one, know each other's keys. */
export class DeviceService {
  readonly #options: DeviceServiceOptions;
  /** The authority's log keeps every invite for good. */
  readonly #linkLimiter: RateLimiter;

  /** Creates the service. */
  constructor(options: DeviceServiceOptions) {
    const { linksPerSecond: perSecond, linkBurst: burst } = options.limits;
    this.#options = options;
    this.#linkLimiter = new RateLimiter({ perSecond, burst }, () => performance.now());
  }

  /**
   * Takes an invite that a device makes for another one of its user.
   *
   * @throws {ProtocolError} `rate-limited` and what `DeviceLinks.add` throws
   * @throws {AuthenticationError} what `DeviceLinks.add` throws
   * @throws {UsageError} `relay-address-malformed`
   */
  async link(
    { device, relay, tokenHash, expiresAt, signature }: OperationRequest<"link-device">,
    session: Session,
  ): Promise<OperationResponse<"link-device">> {
    const { user } = session.device;
    if (!this.#linkLimiter.take(user)) {
      throw new ProtocolError("rate-limited", "too many devices are being linked", {
        hint: "try again later",
      });
    }
    const link = {
      user,
      device,
      tokenHash,
      expiresAt: new Date(expiresAt),
      relay: parseRelayAddress(relay),
    };
    const { ca, log } = this.#options;
    await ca.links.add(link, session.peer.serial, signature);
    log.info("{by} links {user}/{device}", { by: session.name, user, device });
    return {};
  }

  /**
   * Revokes another device of the same user; from here on it is refused, and everybody has the new CRL.
   *
   * @throws {ProtocolError} `device-own`, `device-unknown`
   * @throws {AuthenticationError} `cert-revoked` where the device that asks was revoked itself
   */
  async revoke(
    { device }: OperationRequest<"revoke-device">,
    session: Session,
  ): Promise<OperationResponse<"revoke-device">> {
    const { user } = session.device;
    const { watch, log, settleRevocations } = this.#options;
    // It may have been revoked a moment ago by the very device that it now wants to revoke.
    await settleRevocations();
    if (watch.isRevoked(session.peer.serial)) {
      throw certificateRevoked();
    }
    if (device === session.device.device) {
      throw new ProtocolError("device-own", "a device cannot revoke itself", {
        hint: "revoke it from another device of yours, or ask the authority's operator",
      });
    }
    const revokedAt = this.#revoke({ user, device });
    log.info("{by} revokes {user}/{device}", { by: session.name, user, device });
    await settleRevocations();
    return { revokedAt: revokedAt.getTime() };
  }

  /** Gives the certificates of users' devices; see the operation `certificates`. */
  async certificates(
    { users }: OperationRequest<"certificates">,
    session: Session,
  ): Promise<OperationResponse<"certificates">> {
    const { presence, sessions } = this.#options;
    const seen = await presence.lastSeen(session.device.user);
    const devices = [...new Set(users)].flatMap((user) => this.#current(user)).slice(0, limits.maxDevices);
    return {
      devices: devices.map(({ user, device, certificate }): DeviceCertificate => {
        const lastSeen = user === session.device.user ? seen.get(device) : undefined;
        const online = sessions.count({ user, device }) > 0;
        return { user, device, certificate, online, ...(lastSeen !== undefined && { lastSeen }) };
      }),
    };
  }

  /** Tells a user's other devices that this one can be added to their conversations. */
  async announce(session: Session): Promise<void> {
    const { store, sessions } = this.#options;
    for (const device of await store.reachableDevices([session.device.user], limits.maxDevices)) {
      for (const other of sessions.of(device)) if (other !== session) other.pushDevicesChanged();
    }
  }

  /** When the device's certificates were revoked, now or, where that was done before, then. */
  #revoke(device: DeviceRef): Date {
    const { authority } = this.#options.ca;
    const issued = authority.list(device);
    if (issued.length === 0) {
      throw new ProtocolError("device-unknown", `${device.user} has no device named ${device.device}`, {
        hint: "'parley devices list' shows them",
      });
    }
    try {
      return authority.revoke(device)[0]!.revocation!.revokedAt;
    } catch (error) {
      const known = issued.findLast(({ revocation }) => revocation !== undefined)?.revocation;
      if (!(error instanceof ParleyError) || error.code !== "certificate-revoked" || known === undefined) {
        throw error;
      }
      return known.revokedAt;
    }
  }

  /** The newest valid certificate of each device of a user, by name. */
  #current(user: string): (DeviceRef & { certificate: Uint8Array<ArrayBuffer> })[] {
    const { authority } = this.#options.ca;
    const newest = new Map<string, LoggedIssuance>();
    for (const issuance of authority.list({ user })) {
      if (authority.statusOf(issuance) === "active") newest.set(issuance.device ?? "", issuance);
    }
    return [...newest].sort(([a], [b]) => a < b ? -1 : 1)
      .map(([device, { certificate }]) => ({ user, device, certificate: new Uint8Array(certificate) }));
  }
}
