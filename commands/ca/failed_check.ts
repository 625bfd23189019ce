import { AuthenticationError, DecodeError } from "../../lib/errors/mod.ts";

/** The checks of docs/VERIFICATION.md by the code of the error that each ends with. */
export const CHECK_OF_CODE: Record<string, string> = {
  "cert-malformed": "form",
  "cert-untrusted": "path to the root",
  "cert-signature": "signature",
  "cert-path-length": "path length",
  "cert-usage": "authority and usage",
  "cert-algorithm": "algorithms and key sizes",
  "cert-extension": "critical extensions",
  "cert-not-yet-valid": "validity",
  "cert-expired": "validity",
  "cert-name": "names",
  "cert-revoked": "revocation",
  "crl-malformed": "revocation list",
  "crl-missing": "revocation list",
  "crl-expired": "revocation list",
  "crl-signature": "revocation list",
  "crl-untrusted": "revocation list",
};

/**
 * Runs a verification; where it refuses, the error's hint names the check that failed.
 *
 * @throws {AuthenticationError} what `verify` throws, with a hint
 */
export async function namingCheck<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (cause) {
    if (!(cause instanceof AuthenticationError || cause instanceof DecodeError)) throw cause;
    const check = CHECK_OF_CODE[cause.code];
    if (check === undefined) throw cause;
    const hint = `the check that failed: ${check}${cause.hint === undefined ? "" : `; ${cause.hint}`}`;
    throw new AuthenticationError(cause.code, cause.message, { hint, cause });
  }
}
