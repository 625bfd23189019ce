import type { KeyObject } from "node:crypto";
import { basename } from "node:path";
import { AuthenticationError, UsageError } from "../../errors/mod.ts";
import { readTextFile } from "./read_text_file.ts";
import { replaceFile } from "./replace_file.ts";
import { verifyRsaCertificate } from "./rsa_certificate.ts";

/** What a {@link TrustedAuthority} needs. */
export interface TrustedAuthorityOptions {
  /** The file of its public key in PEM. */
  readonly path: string;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  /** What to do where there is no such file. */
  readonly missingHint: string;
}

/** The authority that a client trusts: the first one that it sees, kept in a file, and no other after it. */
export class TrustedAuthority {
  readonly #options: TrustedAuthorityOptions;

  /** Nothing is read before it is needed. */
  constructor(options: TrustedAuthorityOptions) {
    this.#options = options;
  }

  /**
   * Takes the public key that a server names.
   *
   * @throws {AuthenticationError} `authority-changed`
   */
  keep(pem: string): void {
    const { path } = this.#options, known = readTextFile(path);
    if (known === undefined) return replaceFile(path, pem, 0o644);
    if (known.trim() === pem.trim()) return;
    const text = `the server's authority is not the one in ${basename(path)}`;
    throw new AuthenticationError("authority-changed", text);
  }

  /**
   * Verifies a certificate, see {@link verifyRsaCertificate}; returns the key that it vouches for.
   *
   * @throws {UsageError} `no-authority`
   * @throws {AuthenticationError} `certificate-refused`
   */
  verify(certificate: string, name: string): KeyObject {
    const { path, now, missingHint: hint } = this.#options;
    const pem = readTextFile(path);
    if (pem !== undefined) return verifyRsaCertificate(certificate, pem, name, now());
    throw new UsageError("no-authority", `there is no ${basename(path)} in this folder`, { hint });
  }
}
