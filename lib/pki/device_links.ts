import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import type { CaLog, LoggedIssuance } from "./ca_log.ts";
import type { CertificateAuthority } from "./certificate_authority.ts";
import { parseCertificate } from "./certificate.ts";
import type { Clock } from "./clock.ts";
import { type DeviceLink, deviceLinkMessage } from "./device_link.ts";
import { hashCertificate } from "./fingerprint.ts";
import { DAY_MS, endOfLifetime } from "./lifetime.ts";
import { isKeyRevoked } from "./linked_invite.ts";
import { formatRelayAddress } from "./relay_address.ts";
import { verifyMessage } from "./signature.ts";

const MAX_LIFETIME_MS = 7 * DAY_MS;
/** An operator may invite more; a user who links devices without end would burden everybody's conversations. */
const MAX_DEVICES = 32;

/**
 * Invites that users' own devices make for further devices. Each is kept with the signature of the device that
 * made it, beside the authority's own invites, and is redeemed like them; it is good for one device name, and no
 * longer than the device that made it is trusted.
 */
export class DeviceLinks {
  readonly #authority: CertificateAuthority;
  readonly #log: CaLog;
  readonly #clock: Clock;

  /** Works on the log of an authority. */
  constructor(options: { authority: CertificateAuthority; log: CaLog; clock: Clock }) {
    this.#authority = options.authority;
    this.#log = options.log;
    this.#clock = options.clock;
  }

  /**
   * Takes an invite. The same one may be given again; its answer may have been lost.
   *
   * @param serial the serial number of the certificate that the inviting device has shown
   * @param signature by the key of that certificate, over {@link deviceLinkMessage}
   * @throws {AuthenticationError} `cert-unknown`, `cert-revoked`, `link-signature`, `device-exists`
   * @throws {ProtocolError} `link-expiry`, `too-many-devices`, `link-exists` where the token is another invite's
   * @throws {UsageError} `name-malformed`
   */
  async add(link: DeviceLink, serial: string, signature: Uint8Array<ArrayBuffer>): Promise<void> {
    const { user, device, tokenHash, expiresAt } = link;
    await this.#checkSignature(link, serial, signature);
    const createdAt = this.#clock();
    if (expiresAt <= createdAt || expiresAt > endOfLifetime(createdAt, MAX_LIFETIME_MS)) {
      throw new ProtocolError(
        "link-expiry",
        "an invite by a device lasts a moment at least, and a week at most",
        {
          hint: "compare this machine's clock with the relay's",
        },
      );
    }
    this.#log.atomically(() => {
      this.#signer(link, serial);
      const known = this.#log.findInvite(tokenHash);
      if (known?.user === user && known.link?.device === device) return;
      if (known !== undefined) {
        throw new ProtocolError("link-exists", "there is another invite with this token");
      }
      this.#checkRoom(link);
      const relay = formatRelayAddress(link.relay);
      this.#log.appendInvite({ tokenHash, user, relay, createdAt, expiresAt });
      this.#log.appendLink({ tokenHash, device, linkedBy: serial, signature });
    });
  }

  async #checkSignature(link: DeviceLink, serial: string, signature: Uint8Array): Promise<void> {
    const { spki } = parseCertificate(this.#signer(link, serial).certificate);
    const message = deviceLinkMessage(link, hashCertificate(this.#authority.root));
    if (await verifyMessage(message, signature, spki)) return;
    throw new AuthenticationError("link-signature", "the invite is not signed by the device that gave it");
  }

  /** The issuance of the device that signs: of the same user, and not revoked. */
  #signer({ user }: DeviceLink, serial: string): LoggedIssuance {
    const signer = this.#log.findIssuance(serial);
    if (signer?.kind !== "device" || signer.user !== user) {
      throw new AuthenticationError("cert-unknown", "this authority has issued no such device certificate");
    }
    if (isKeyRevoked(signer, this.#log)) throw revoked();
    return signer;
  }

  #checkRoom({ user, device }: DeviceLink): void {
    const active = this.#authority.list({ user }).filter((one) => this.#authority.statusOf(one) === "active");
    const names = new Set(active.map((one) => one.device));
    if (names.has(device)) {
      throw new AuthenticationError("device-exists", `${user}/${device} has a certificate already`, {
        hint: "choose another device name, or revoke that device first",
      });
    }
    if (names.size < MAX_DEVICES) return;
    throw new ProtocolError("too-many-devices", `${user} has ${names.size} devices`, {
      hint: "revoke those that are not used any more",
    });
  }
}

function revoked(): AuthenticationError {
  return new AuthenticationError("cert-revoked", "the device's certificate was revoked");
}
