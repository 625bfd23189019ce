import type { RandomSource } from "../crypto/mod.ts";
import type { Issuance } from "./ca_log.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import type { Clock } from "./clock.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Identity } from "./identity.ts";
import {
  createDeviceCertificate,
  createIntermediateCertificate,
  createServerCertificate,
  type Issuer,
} from "./issue_certificate.ts";
import { parseServerName } from "./server_name.ts";

/** What an issuer is made of. */
export interface CertificateIssuerOptions {
  /** The authority's certificate. */
  certificate: Certificate;
  /** Gives the authority's private key; asked once, and only when something has to be signed. */
  loadKey: () => Promise<CryptoKey>;
  /** The present time. */
  clock: Clock;
  /** Where serial numbers come from. */
  random: RandomSource;
  /** How long certificates are valid where nothing else is said. */
  lifetimeMs: number;
}

/** A key that gets a certificate, and for how long. */
interface Subject {
  spki: Uint8Array;
  lifetimeMs?: number;
}

/**
 * Makes certificates with an authority's key, and describes them as they are to be logged. Whether somebody may have
 * one is for the authority to decide, and nothing is logged here.
 */
export class CertificateIssuer {
  readonly #options: CertificateIssuerOptions;
  #key: Promise<CryptoKey> | undefined;

  /** Creates an issuer; does not ask for the key yet. */
  constructor(options: CertificateIssuerOptions) {
    this.#options = options;
  }

  /**
   * The authority as the one who signs.
   *
   * @throws what `loadKey` throws; it is asked again the next time
   */
  async signer(): Promise<Issuer> {
    this.#key ??= this.#options.loadKey();
    try {
      return { certificate: this.#options.certificate, key: await this.#key };
    } catch (error) {
      // A mistyped passphrase must not stay wrong for good.
      this.#key = undefined;
      throw error;
    }
  }

  /**
   * Makes the certificate of an authority below this one.
   *
   * @throws what {@link createIntermediateCertificate} and {@link signer} throw
   */
  async createAuthority({ name, ...subject }: Subject & { name: string }): Promise<Issuance> {
    const subscriber = this.#subscriber(subject);
    const certificate = await createIntermediateCertificate({ ...subscriber, name }, await this.signer());
    return describeIssuance(certificate, subscriber.now, { kind: "authority", names: [name] });
  }

  /**
   * Makes the certificate of a server of these DNS names and IP addresses.
   *
   * @throws what {@link parseServerName}, {@link createServerCertificate} and {@link signer} throw
   */
  async createServer(options: Subject & { names: string[] }): Promise<Issuance> {
    const names = options.names.map((name) => parseServerName(name).text);
    const subscriber = this.#subscriber(options);
    const certificate = await createServerCertificate({ ...subscriber, names }, await this.signer());
    return describeIssuance(certificate, subscriber.now, { kind: "server", names });
  }

  /**
   * Makes the certificate of a device.
   *
   * @throws what {@link createDeviceCertificate} and {@link signer} throw
   */
  async createDevice({ user, device, ...subject }: Subject & Identity): Promise<Issuance> {
    const subscriber = this.#subscriber(subject);
    const certificate = await createDeviceCertificate(
      { ...subscriber, identity: { user, device } },
      await this.signer(),
    );
    const names = [`${user}/${device}`];
    return describeIssuance(certificate, subscriber.now, { kind: "device", names, user, device });
  }

  #subscriber({ spki, lifetimeMs = this.#options.lifetimeMs }: Subject) {
    const { clock, random } = this.#options;
    return { spki, lifetimeMs, now: clock(), random };
  }
}

function describeIssuance(
  der: Uint8Array,
  issuedAt: Date,
  subject: Pick<Issuance, "kind" | "names" | "user" | "device">,
): Issuance {
  const { serial, spki, notAfter } = parseCertificate(der);
  return { serial, ...subject, fingerprint: fingerprintOf(spki), certificate: der, issuedAt, notAfter };
}
