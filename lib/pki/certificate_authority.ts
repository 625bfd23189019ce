import type { RandomSource } from "../crypto/mod.ts";
import { AuthenticationError, UsageError } from "../errors/mod.ts";
import type { CaLog, Issuance, LoggedIssuance, Revocation } from "./ca_log.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { CertificateIssuer } from "./certificate_issuer.ts";
import { checkRenewable, findRenewed } from "./check_renewable.ts";
import type { Clock } from "./clock.ts";
import { hashCertificate } from "./fingerprint.ts";
import { type Identity, parseName } from "./identity.ts";
import { formatInvite, generateInviteToken, hashInviteToken } from "./invite.ts";
import { type IssuanceStatus, issuanceStatus } from "./issuance_status.ts";
import { type Applicant, findIssuedFor, findIssuedLately } from "./issued_lately.ts";
import { DAY_MS, endOfLifetime } from "./lifetime.ts";
import { findRedeemableInvite } from "./redeemable_invite.ts";
import { formatRelayAddress, type RelayAddress } from "./relay_address.ts";
import { lifetimeMsOf } from "./renewal.ts";
import { createRevocationList } from "./revocation_list.ts";
import type { RevocationReason } from "./revocation_reason.ts";
import { findRevocable, type RevocationTarget } from "./revocation_target.ts";

/** What an authority is made of. */
export interface CertificateAuthorityOptions {
  /** Its certificate, DER. */
  certificate: Uint8Array;
  /** The certificates of the authorities above it, DER, the root last. None for a root, which is the default. */
  above?: Uint8Array[];
  /** Gives its private key; asked once, and only when something has to be signed. */
  loadKey: () => Promise<CryptoKey>;
  /** Its records. */
  log: CaLog;
  /** The present time. */
  clock: Clock;
  /** Where serial numbers and tokens come from. */
  random: RandomSource;
  /** How long certificates of servers and devices are valid where nothing else is said. Default one year. */
  leafLifetimeMs?: number;
}

/** An invite that was just made. */
export interface CreatedInvite {
  /** The URL to hand over; it is a secret and kept nowhere. */
  invite: string;
  /** The user it is for. */
  user: string;
  /** After this instant it cannot be redeemed. */
  expiresAt: Date;
}

const LEAF_LIFETIME_MS = 365 * DAY_MS;
const INVITE_LIFETIME_MS = 7 * DAY_MS;
const CRL_LIFETIME_MS = 7 * DAY_MS;

/**
 * A certificate authority over its log. Certificates leave it only after they are in the log. Several
 * processes may run one over the same log.
 */
export class CertificateAuthority {
  /** The authority's own certificate, DER. */
  readonly certificate: Uint8Array;
  /** Its certificate and those of the authorities above it, DER, the root last. */
  readonly chain: readonly Uint8Array<ArrayBuffer>[];
  readonly #certificate: Certificate;
  readonly #log: CaLog;
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #issuer: CertificateIssuer;

  /**
   * Creates an authority.
   *
   * @throws {DecodeError} `cert-malformed`
   */
  constructor(options: CertificateAuthorityOptions) {
    const { certificate, above = [], loadKey, log, clock, random, leafLifetimeMs = LEAF_LIFETIME_MS } =
      options;
    this.certificate = certificate;
    this.chain = [certificate, ...above].map((der) => new Uint8Array(der));
    this.#certificate = parseCertificate(certificate);
    this.#log = log;
    this.#clock = clock;
    this.#random = random;
    this.#issuer = new CertificateIssuer({
      certificate: this.#certificate,
      loadKey,
      clock,
      random,
      lifetimeMs: leafLifetimeMs,
    });
  }

  /** The certificate of the root that everything it issues is verified under, DER. */
  get root(): Uint8Array<ArrayBuffer> {
    return this.chain.at(-1)!;
  }

  /** What the holder of a certificate of this authority shows: it and those above it, DER, without the root. */
  chainOf(certificate: Uint8Array): Uint8Array<ArrayBuffer>[] {
    return [new Uint8Array(certificate), ...this.chain.slice(0, -1)];
  }

  /**
   * Issues the certificate of an authority below this one. It issues to servers and devices, and to no further
   * authority.
   *
   * @param options.name the common name
   * @param options.spki the authority's public key
   * @param options.lifetimeMs how long it is valid, at most as long as this authority
   * @throws {UsageError} `ca-name-malformed`, `lifetime-malformed`, `ca-expired`, `ca-path-length` where this
   * authority may have none below it
   * @throws {DecodeError} `key-malformed`, `key-unsupported`
   * @throws {AuthenticationError} `key-weak`
   */
  async issueAuthority(options: { name: string; spki: Uint8Array; lifetimeMs: number }): Promise<Issuance> {
    const issuance = await this.#issuer.createAuthority(options);
    this.#log.atomically(() => this.#log.appendIssuance(issuance));
    return issuance;
  }

  /**
   * Issues a server certificate.
   *
   * @param options.names DNS names and IP addresses
   * @param options.spki the server's public key
   * @param options.lifetimeMs default one year
   * @throws {UsageError} `server-name-malformed`, `lifetime-malformed`, `ca-expired`
   * @throws {DecodeError} `key-malformed`, `key-unsupported`
   * @throws {AuthenticationError} `key-weak`
   */
  async issueServer(
    options: { names: string[]; spki: Uint8Array; lifetimeMs?: number },
  ): Promise<Issuance> {
    const issuance = await this.#issuer.createServer(options);
    this.#log.atomically(() => this.#log.appendIssuance(issuance));
    return issuance;
  }

  /**
   * Issues a device certificate.
   *
   * @param options.spki the device's public key
   * @param options.lifetimeMs default one year
   * @throws {UsageError} `name-malformed`, `lifetime-malformed`, `ca-expired`
   * @throws {DecodeError} `key-malformed`, `key-unsupported`
   * @throws {AuthenticationError} `key-weak`, `device-exists`
   */
  async issueDevice(options: Identity & { spki: Uint8Array; lifetimeMs?: number }): Promise<Issuance> {
    this.#refuseSecondDevice(options);
    const issuance = await this.#issuer.createDevice(options);
    this.#log.atomically(() => {
      this.#refuseSecondDevice(options);
      this.#log.appendIssuance(issuance);
    });
    return issuance;
  }

  /**
   * Issues a device certificate as {@link issueDevice} does. Who asks again within ten minutes with the same
   * names and key gets the same certificate; its connection may have broken after it was issued.
   *
   * @throws what {@link issueDevice} throws
   */
  async enrollDevice(applicant: Applicant): Promise<Issuance> {
    return findIssuedLately(applicant, this.#log, this.#clock()) ?? await this.issueDevice(applicant);
  }

  /**
   * Renews a device's certificate for its key and for as long as it was issued for. Where the key has a newer
   * one that is not due for renewal itself, that one is returned: the answer may have been lost.
   *
   * @param serial the serial number of the certificate that the device has shown
   * @throws {AuthenticationError} `cert-unknown`, `cert-revoked` where it or a newer one of the same key is
   * revoked, `cert-expired` after the grace period of `RENEWAL_GRACE_MS`, `device-exists` where another
   * key has the device's name by now
   * @throws {UsageError} `ca-expired`
   */
  async renewDevice(serial: string): Promise<Issuance> {
    const shown = this.#log.findIssuance(serial);
    const { user, device } = shown ?? {};
    if (shown === undefined || user === undefined || device === undefined) {
      throw new AuthenticationError("cert-unknown", "this authority has issued no such device certificate");
    }
    const known = findRenewed(shown, this.#log, this.#clock());
    if (known !== undefined) return known;
    const { spki, notBefore, notAfter } = parseCertificate(shown.certificate);
    const lifetimeMs = lifetimeMsOf({ notBefore, notAfter });
    const issuance = await this.#issuer.createDevice({ user, device, spki, lifetimeMs });
    return this.#log.atomically(() => {
      const meanwhile = findRenewed(shown, this.#log, this.#clock());
      if (meanwhile !== undefined) return meanwhile;
      this.#log.appendIssuance(issuance);
      return issuance;
    });
  }

  /**
   * Renews a certificate of a server or a device because the operator asks for it: a new one for the same key
   * and names, whether or not it is due. The old one stays valid until it ends.
   *
   * @param options.lifetimeMs default as long as the one before
   * @throws {AuthenticationError} `cert-revoked`, `cert-expired` after the grace period of `RENEWAL_GRACE_MS`,
   * `device-exists` where another key has the device's name by now
   * @throws {UsageError} `certificate-unknown`, `ca-expired`, `lifetime-malformed`
   */
  async renew(serial: string, options: { lifetimeMs?: number } = {}): Promise<Issuance> {
    const old = this.#log.findIssuance(serial.toLowerCase());
    if (old === undefined || old.kind === "authority") {
      throw unknownCertificate();
    }
    checkRenewable(old, this.#log, this.#clock());
    const { kind, names, user, device } = old;
    const { spki, notBefore, notAfter } = parseCertificate(old.certificate);
    const lifetimeMs = options.lifetimeMs ?? lifetimeMsOf({ notBefore, notAfter });
    const issuance = kind === "server" || user === undefined || device === undefined
      ? await this.#issuer.createServer({ names, spki, lifetimeMs })
      : await this.#issuer.createDevice({ user, device, spki, lifetimeMs });
    return this.#log.atomically(() => {
      checkRenewable(this.#log.findIssuance(old.serial) ?? old, this.#log, this.#clock());
      this.#log.appendIssuance(issuance);
      return issuance;
    });
  }

  /**
   * Revokes certificates that are not revoked, and those that have expired only where they could be renewed yet.
   *
   * @returns what was revoked
   * @throws {UsageError} `certificate-unknown`, `certificate-revoked` where all of them are already
   */
  revoke(target: RevocationTarget, reason: RevocationReason = "unspecified"): LoggedIssuance[] {
    const revokedAt = this.#clock();
    return this.#log.atomically(() => {
      const found = findRevocable(target, this.#log, revokedAt);
      const open = found.filter((one) => one.revocation === undefined);
      if (found.length === 0) throw unknownCertificate();
      if (open.length === 0) {
        throw new UsageError("certificate-revoked", "the certificate is revoked already");
      }
      return open.map((issuance) => {
        const revocation: Revocation = { serial: issuance.serial, reason, revokedAt };
        this.#log.appendRevocation(revocation);
        return { ...issuance, revocation };
      });
    });
  }

  /** Lists what was issued, oldest first. */
  list(filter: { user?: string; device?: string } = {}): LoggedIssuance[] {
    return this.#log.listIssuances(filter);
  }

  /** What has become of an issuance by now. */
  statusOf(issuance: LoggedIssuance): IssuanceStatus {
    return issuanceStatus(issuance, this.#clock());
  }

  /**
   * Issues a CRL of everything that is revoked.
   *
   * @param options.lifetimeMs until the next one has to be there; default seven days
   * @returns DER
   * @throws {UsageError} `lifetime-malformed`
   */
  async crl(options: { lifetimeMs?: number } = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { key } = await this.#issuer.signer();
    const thisUpdate = this.#clock();
    const nextUpdate = endOfLifetime(thisUpdate, options.lifetimeMs ?? CRL_LIFETIME_MS);
    // One step, so that a higher number never stands for fewer revocations.
    const { number, revoked } = this.#log.atomically(() => ({
      number: this.#log.takeCrlNumber(thisUpdate),
      revoked: this.#log.listRevocations(),
    }));
    return await createRevocationList({ number, thisUpdate, nextUpdate, revoked }, this.#certificate, key);
  }

  /**
   * Makes a one-time invite. Only the hash of its token is kept.
   *
   * @param options.expiresInMs default seven days
   * @throws {UsageError} `name-malformed`, `lifetime-malformed`
   */
  createInvite(options: { user: string; relay: RelayAddress; expiresInMs?: number }): CreatedInvite {
    const user = parseName(options.user, "user");
    const createdAt = this.#clock();
    const expiresAt = endOfLifetime(createdAt, options.expiresInMs ?? INVITE_LIFETIME_MS);
    const token = generateInviteToken(this.#random);
    const relay = formatRelayAddress(options.relay);
    const record = { tokenHash: hashInviteToken(token), user, relay, createdAt, expiresAt };
    this.#log.atomically(() => this.#log.appendInvite(record));
    const rootHash = hashCertificate(this.root);
    return { invite: formatInvite({ relay: options.relay, user, rootHash, token }), user, expiresAt };
  }

  /**
   * Checks, before an enrolment begins, that {@link redeemInvite} would accept this invite now.
   *
   * @throws {AuthenticationError} `invite-unknown`, `invite-used`, `invite-expired`, `device-exists`,
   * `invite-device`, `invite-revoked`
   */
  checkInvite(tokenHash: Uint8Array, applicant: Applicant): void {
    const issued = this.#issuedFor(tokenHash, applicant);
    if (issued === undefined) this.#refuseSecondDevice(applicant);
  }

  /**
   * Redeems an invite: issues a device certificate, and records that and the invite's use in one step. Who
   * asks again within ten minutes with the same invite, names and key gets the same certificate; its
   * connection may have broken after the step.
   *
   * @param tokenHash the SHA-256 of the invite's token
   * @throws {AuthenticationError} `invite-unknown` (also where it is for another user), `invite-used`,
   * `invite-expired`, `invite-device`, `invite-revoked`, `device-exists`, `key-weak`
   * @throws {UsageError} `name-malformed`, `ca-expired`
   * @throws {DecodeError} `key-malformed`, `key-unsupported`
   */
  async redeemInvite(tokenHash: Uint8Array, applicant: Applicant): Promise<Issuance> {
    const before = this.#issuedFor(tokenHash, applicant);
    if (before !== undefined) return before;
    this.#refuseSecondDevice(applicant);
    const issuance = await this.#issuer.createDevice(applicant);
    return this.#log.atomically(() => {
      const meanwhile = this.#issuedFor(tokenHash, applicant);
      if (meanwhile !== undefined) return meanwhile;
      this.#refuseSecondDevice(applicant);
      this.#log.appendIssuance(issuance);
      this.#log.appendRedemption({ tokenHash, serial: issuance.serial, redeemedAt: this.#clock() });
      return issuance;
    });
  }

  /** What was issued for an invite to this applicant a moment ago; undefined where it can still be redeemed. */
  #issuedFor(tokenHash: Uint8Array, applicant: Applicant): Issuance | undefined {
    const now = this.#clock();
    const invite = findRedeemableInvite(tokenHash, applicant, this.#log, now);
    return findIssuedFor(invite, applicant, this.#log, now);
  }

  #refuseSecondDevice({ user, device }: Identity): void {
    const active = this.#log.listIssuances({ user, device }).some((one) => this.statusOf(one) === "active");
    if (!active) return;
    throw new AuthenticationError("device-exists", `${user}/${device} has a certificate already`, {
      hint: "choose another device name, or revoke that certificate first",
    });
  }
}

function unknownCertificate(): UsageError {
  return new UsageError("certificate-unknown", "this authority has issued no such certificate", {
    hint: "'parley ca list' shows what it has issued",
  });
}
