import { InternalError } from "../errors/mod.ts";
import type { CaFolder } from "../store/mod.ts";
import { ChainVerifier, type Clock, DAY_MS, type LoggedIssuance } from "../pki/mod.ts";
import { type DeviceRef, formatDeviceRef } from "../wire/mod.ts";

/** What a relay needs of an authority; `openCa` of the store gives it. */
export type RelayAuthority = Pick<CaFolder, "authority" | "log" | "users" | "requests" | "links">;

/** A device as one key stands for it. */
export interface KeyedDevice {
  /** Its name. */
  device: DeviceRef;
  /** The fingerprint of its public key. */
  key: string;
}

/** By how much clocks may differ when a certificate begins or ends. */
export const CLOCK_SKEW_MS = 5 * 60_000;
/** A CRL that is older is replaced, though nothing was revoked, so that clients never hold one that ran out. */
const CRL_RENEWAL_MS = DAY_MS;

/**
 * Knows what the authority has issued and revoked, also by other processes (`parley ca revoke`), and keeps the
 * CRL and the verifier of client certificates up to date.
 */
export class AuthorityWatch {
  /** Verifies client certificates. */
  readonly verifier: ChainVerifier;
  readonly #ca: RelayAuthority;
  readonly #clock: Clock;
  #changes = -1;
  #revoked = new Set<string>();
  /** Until when each device has a certificate, in milliseconds since 1970. */
  #enrolledUntil = new Map<string, number>();
  /** Until when each device's keys have a certificate that is not revoked, in milliseconds since 1970. */
  #keyValidUntil = new Map<string, number>();
  #crl: { der: Uint8Array<ArrayBuffer>; number: number; createdAt: number } | undefined;
  #crlCovers = -1;

  /** Creates a watch that knows nothing yet; call {@link refresh}. */
  constructor(ca: RelayAuthority, clock: Clock) {
    this.#ca = ca;
    this.#clock = clock;
    const { root, chain } = ca.authority;
    const intermediates = chain.slice(0, -1);
    this.verifier = new ChainVerifier({ roots: [root], intermediates, clockSkewMs: CLOCK_SKEW_MS });
  }

  /** The newest CRL. */
  get crl(): { der: Uint8Array<ArrayBuffer>; number: number } {
    if (this.#crl === undefined) throw new InternalError("refreshCrl() comes first");
    return this.#crl;
  }

  /** Whether the newest CRL names everything that is known to be revoked. */
  get isCrlCurrent(): boolean {
    return this.#crlCovers === this.#revoked.size;
  }

  /** Whether a certificate (serial number in lower-case hexadecimal) is known to be revoked. */
  isRevoked(serial: string): boolean {
    return this.#revoked.has(serial);
  }

  /** Whether a device has a certificate that is neither revoked nor expired. */
  isEnrolled(device: DeviceRef): boolean {
    return (this.#enrolledUntil.get(formatDeviceRef(device)) ?? 0) >= this.#clock().getTime();
  }

  /** Until when a device's key has a certificate that is not revoked, in milliseconds since 1970; 0 for never. */
  keyValidUntil({ device, key }: KeyedDevice): number {
    return this.#keyValidUntil.get(keyName(device, key)) ?? 0;
  }

  /**
   * Looks whether the log has changed; cheap if not. Returns the devices whose last certificate was revoked since
   * the last look, which at the first one are all that ever were.
   *
   * @throws {StorageError} where the log cannot be read
   */
  refresh(): KeyedDevice[] {
    const changes = this.#ca.log.changeCounter();
    if (changes === this.#changes) return [];
    const issuances = this.#ca.authority.list();
    this.#changes = changes;
    const before = this.#revoked;
    this.#revoked = new Set();
    this.#enrolledUntil = new Map();
    this.#keyValidUntil = new Map();
    for (const issuance of issuances) this.#note(issuance);
    return issuances.filter(({ serial }) => this.#revoked.has(serial) && !before.has(serial))
      .flatMap((issuance) => this.#withoutCertificate(issuance));
  }

  /**
   * Makes a CRL if there is none that says what is revoked, or if it is getting old; says whether it did.
   *
   * @throws {ParleyError} where the authority cannot sign
   */
  async refreshCrl(): Promise<boolean> {
    const covers = this.#revoked.size;
    const createdAt = this.#clock().getTime();
    const isNew = this.#crl !== undefined && createdAt - this.#crl.createdAt < CRL_RENEWAL_MS;
    if (isNew && this.#crlCovers === covers) return false;
    const der = await this.#ca.authority.crl();
    const { number } = await this.verifier.updateCrl(der);
    this.#crl = { der, number, createdAt };
    this.#crlCovers = covers;
    return true;
  }

  #note({ user, device, fingerprint, serial, notAfter, revocation }: LoggedIssuance): void {
    if (revocation !== undefined) this.#revoked.add(serial);
    else if (user !== undefined && device !== undefined) {
      const name = formatDeviceRef({ user, device });
      setLater(this.#enrolledUntil, name, notAfter);
      setLater(this.#keyValidUntil, keyName({ user, device }, fingerprint), notAfter);
    }
  }

  /** The device of a revoked certificate, unless its key has another one that is valid: it was renewed. */
  #withoutCertificate({ user, device, fingerprint }: LoggedIssuance): KeyedDevice[] {
    if (user === undefined || device === undefined) return [];
    const keyed = { device: { user, device }, key: fingerprint };
    return this.keyValidUntil(keyed) >= this.#clock().getTime() ? [] : [keyed];
  }
}

function keyName(device: DeviceRef, key: string): string {
  return `${formatDeviceRef(device)} ${key}`;
}

function setLater(times: Map<string, number>, name: string, time: Date): void {
  times.set(name, Math.max(time.getTime(), times.get(name) ?? 0));
}
