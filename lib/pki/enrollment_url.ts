import { decodeBase64Url, encodeBase64Url } from "../bytes/mod.ts";
import { DecodeError, ParleyError } from "../errors/mod.ts";
import { parseName } from "./identity.ts";
import { formatRelayAddress, parseRelayAddress, type RelayAddress } from "./relay_address.ts";

/** Where and as whom to enrol. Nothing in it is secret. */
export interface EnrollmentTarget {
  /** Where the relay is reached. */
  relay: RelayAddress;
  /** The user. */
  user: string;
  /** The SHA-256 of the root certificate in DER: what the applicant trusts. */
  rootHash: Uint8Array<ArrayBuffer>;
}

const PATTERN = /^parley:\/\/([^/?#]+)\/([^/?#]+)\?ca=([A-Za-z0-9_-]{43})$/;
const MAX_CHARACTERS = 512;

/**
 * Formats where to enrol with a password or by request: an invite's URL without the token,
 * `parley://HOST:PORT/USER?ca=<base64url root hash>`.
 *
 * @throws {UsageError} `name-malformed`
 */
export function formatEnrollmentUrl({ relay, user, rootHash }: EnrollmentTarget): string {
  return `parley://${formatRelayAddress(relay)}/${parseName(user, "user")}?ca=${encodeBase64Url(rootHash)}`;
}

/** Whether a text is of the form that {@link parseEnrollmentUrl} takes: an invite without a token. */
export function isEnrollmentUrl(text: string): boolean {
  return text.length <= MAX_CHARACTERS && PATTERN.test(text);
}

/**
 * Parses what {@link formatEnrollmentUrl} makes, and nothing else.
 *
 * @throws {DecodeError} `enrollment-url-malformed`
 */
export function parseEnrollmentUrl(text: string): EnrollmentTarget {
  const [, relay = "", user = "", ca = ""] = text.length <= MAX_CHARACTERS ? PATTERN.exec(text) ?? [] : [];
  try {
    const target = {
      relay: parseRelayAddress(relay),
      user: parseName(user, "user"),
      rootHash: decodeBase64Url(ca),
    };
    if (target.rootHash.length === 32 && formatEnrollmentUrl(target) === text) return target;
  } catch (cause) {
    if (!(cause instanceof ParleyError)) throw cause;
  }
  throw new DecodeError("enrollment-url-malformed", "cannot parse where to enrol", {
    hint: "expected parley://HOST:PORT/USER?ca=… exactly as it was given out; quote it for the shell",
  });
}
