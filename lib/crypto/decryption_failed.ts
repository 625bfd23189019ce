import { AuthenticationError } from "../errors/mod.ts";

/**
 * The one answer to every failed decryption: which check failed is nobody's business, and a
 * difference would be an oracle. It has no `cause` for the same reason.
 */
export function decryptionFailed(): AuthenticationError {
  return new AuthenticationError("decryption-failed", "cannot decrypt: wrong key or altered data");
}
