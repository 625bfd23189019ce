import type { KeyObject } from "node:crypto";
import type { RandomSource } from "../../crypto/mod.ts";
import { DAY_MS } from "../../pki/mod.ts";
import { readTextFile } from "./read_text_file.ts";
import { replaceFile } from "./replace_file.ts";
import { issueRsaCertificate } from "./rsa_certificate.ts";
import { formatRsaPrivateKey, formatRsaPublicKey, generateRsaKey, parseRsaPrivateKey } from "./rsa_key.ts";

const LIFETIME_DAYS = 365;
const SERIAL_BYTES = 16;

/** Where an authority's keys are. */
export interface RsaAuthorityFiles {
  /** Of the private key in PEM. */
  readonly privateKeyPath: string;
  /** Of the public key in PEM. */
  readonly publicKeyPath: string;
}

/** A certificate authority of a server with an RSA key. */
export class RsaAuthority {
  readonly #key: KeyObject;
  readonly #now: () => number;
  readonly #random: RandomSource;
  /** The public key in PEM. */
  readonly publicKeyPem: string;

  private constructor(key: KeyObject, now: () => number, random: RandomSource) {
    this.#key = key;
    this.#now = now;
    this.#random = random;
    this.publicKeyPem = formatRsaPublicKey(key);
  }

  /** Opens an authority, made where there is none, and writes its public key. */
  static async open(
    { privateKeyPath, publicKeyPath }: RsaAuthorityFiles,
    now: () => number,
    random: RandomSource,
  ): Promise<RsaAuthority> {
    const pem = readTextFile(privateKeyPath);
    const key = pem === undefined ? await generateRsaKey() : parseRsaPrivateKey(pem);
    if (pem === undefined) replaceFile(privateKeyPath, formatRsaPrivateKey(key), 0o600);
    const authority = new RsaAuthority(key, now, random);
    replaceFile(publicKeyPath, authority.publicKeyPem, 0o644);
    return authority;
  }

  /** Issues a user's certificate in PEM, see {@link issueRsaCertificate}; it is good for a year. */
  issue(user: string, subjectKey: KeyObject): string {
    const lifetime = { now: this.#now(), lifetimeMs: LIFETIME_DAYS * DAY_MS };
    const serial = this.#random(SERIAL_BYTES);
    return issueRsaCertificate({ name: user, subjectKey, issuerKey: this.#key, serial, ...lifetime });
  }
}
