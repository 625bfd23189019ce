import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import type { RandomSource } from "../../crypto/mod.ts";
import { DAY_MS } from "../../pki/mod.ts";
import {
  formatRsaPrivateKey,
  formatRsaPublicKey,
  generateRsaKey,
  issueRsaCertificate,
  type KeyFile,
  parseRsaPrivateKey,
  readTextFile,
  replaceFile,
} from "../core/mod.ts";

/** The authority's public key; clients in the same folder read it. */
export const CA_PUBLIC_KEY = "ca_public_key.pem";
const CA_PRIVATE_KEY = "ca_private_key.pem";
const LIFETIME_DAYS = 365;
const SERIAL_BYTES = 16;

/** The file of a user's certificate; client and server both write it, for they may share the folder. */
export function certificateName(user: string): string {
  return `${user}_certificate.pem`;
}

/** Makes an authority's key pair. */
export async function makeAuthorityKeys(): Promise<readonly KeyFile[]> {
  const key = await generateRsaKey();
  return [
    { name: CA_PRIVATE_KEY, text: formatRsaPrivateKey(key), secret: true },
    { name: CA_PUBLIC_KEY, text: formatRsaPublicKey(key), secret: false },
  ];
}

/** The certificate authority of a server. */
export class Authority {
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

  /** Opens the authority of a folder, made where there is none, and writes its public key. */
  static async open(folder: string, now: () => number, random: RandomSource): Promise<Authority> {
    const path = join(folder, CA_PRIVATE_KEY), pem = readTextFile(path);
    const key = pem === undefined ? await generateRsaKey() : parseRsaPrivateKey(pem);
    if (pem === undefined) replaceFile(path, formatRsaPrivateKey(key), 0o600);
    const authority = new Authority(key, now, random);
    replaceFile(join(folder, CA_PUBLIC_KEY), authority.publicKeyPem, 0o644);
    return authority;
  }

  /** Issues a user's certificate in PEM; it names the user as its issuer, too, as the original has it. */
  issue(user: string, subjectKey: KeyObject): string {
    const lifetime = { now: this.#now(), lifetimeMs: LIFETIME_DAYS * DAY_MS };
    const serial = this.#random(SERIAL_BYTES);
    return issueRsaCertificate({ name: user, subjectKey, issuerKey: this.#key, serial, ...lifetime });
  }
}
