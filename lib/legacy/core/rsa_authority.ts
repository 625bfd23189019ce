import type { KeyObject } from "node:crypto";
import type { RandomSource } from "../../crypto/mod.ts";
import { DAY_MS } from "../../pki/mod.ts";
import { readTextFile } from "./read_text_file.ts";
import { replaceFile } from "./replace_file.ts";
import { issueRsaCertificate } from "./rsa_certificate.ts";
import { formatRsaPrivateKey, formatRsaPublicKey, generateRsaKey, parseRsaPrivateKey } from "./rsa_key.ts";

const LIFETIME_DAYS = 365;
const SERIAL_BYTES = 16;

/** Where an authority's keys and certificates are, in PEM. */
export interface RsaAuthorityFiles {
  /** The private key. */
  readonly privateKeyPath: string;
  /** The public key. */
  readonly publicKeyPath: string;
  /** A user's certificate. */
  readonly certificatePath: (user: string) => string;
}

/** A certificate authority of a server with an RSA key. */
export class RsaAuthority {
  readonly #key: KeyObject;
  readonly #certificatePath: RsaAuthorityFiles["certificatePath"];
  readonly #now: () => number;
  readonly #random: RandomSource;
  /** The public key in PEM. */
  readonly publicKeyPem: string;

  private constructor(
    key: KeyObject,
    { certificatePath }: RsaAuthorityFiles,
    now: () => number,
    random: RandomSource,
  ) {
    this.#key = key;
    this.#certificatePath = certificatePath;
    this.#now = now;
    this.#random = random;
    this.publicKeyPem = formatRsaPublicKey(key);
  }

  /** Opens an authority, made where there is none, and writes its public key. */
  static async open(
    files: RsaAuthorityFiles,
    now: () => number,
    random: RandomSource,
  ): Promise<RsaAuthority> {
    const { privateKeyPath, publicKeyPath } = files;
    const pem = readTextFile(privateKeyPath);
    const key = pem === undefined ? await generateRsaKey() : parseRsaPrivateKey(pem);
    if (pem === undefined) replaceFile(privateKeyPath, formatRsaPrivateKey(key), 0o600);
    const authority = new RsaAuthority(key, files, now, random);
    replaceFile(publicKeyPath, authority.publicKeyPem, 0o644);
    return authority;
  }

  /**
   * Issues a user's certificate in PEM, see {@link issueRsaCertificate}, and keeps it; it is good for a year. The
   * user's name must be one that is safe in a path.
   */
  issue(user: string, subjectKey: KeyObject): string {
    const lifetime = { now: this.#now(), lifetimeMs: LIFETIME_DAYS * DAY_MS };
    const serial = this.#random(SERIAL_BYTES);
    const options = { name: user, subjectKey, issuerKey: this.#key, serial, ...lifetime };
    const certificate = issueRsaCertificate(options);
    replaceFile(this.#certificatePath(user), certificate, 0o644);
    return certificate;
  }

  /** Finds a user's certificate. The name must be one that is safe in a path. */
  find(user: string): string | undefined {
    return readTextFile(this.#certificatePath(user));
  }
}
