import { equalBytes } from "../bytes/mod.ts";
import {
  fingerprintOf,
  hashCertificate,
  parseCertificate,
  parseEnrollmentUrl,
  parseInvite,
  type RelayAddress,
} from "../pki/mod.ts";

/** The authority that an applicant trusts: by the hash of its root certificate, or by its key's fingerprint. */
export type TrustedAuthority = { rootHash: Uint8Array } | { fingerprint: string };

/** Where and as whom to enrol. */
export interface EnrollmentPlace {
  /** Where the relay is reached. */
  relay: RelayAddress;
  /** The user. */
  user: string;
  /** Whose word is taken. */
  authority: TrustedAuthority;
}

/** By what right a device enrols. */
export type EnrollmentRight =
  /** The holder of an invite. */
  | { kind: "invite"; invite: string }
  /** The user, by a password. */
  | { kind: "password"; place: EnrollmentPlace; password: Uint8Array }
  /**
   * Whomever the operator approves. `onCode` hears the code that the operator compares; with `wait` the outcome
   * is waited for.
   */
  | { kind: "approval"; place: EnrollmentPlace; wait: boolean; onCode: (code: string) => void };

/**
 * Where a right holds; where it is an invite, its token, and the device's name if it is for that device only.
 *
 * @throws {DecodeError} `invite-malformed`
 */
export function placeOf(
  right: EnrollmentRight,
): EnrollmentPlace & { device?: string; token?: Uint8Array<ArrayBuffer> } {
  if (right.kind !== "invite") return right.place;
  const { relay, user, device, rootHash, token } = parseInvite(right.invite);
  return { relay, user, device, authority: { rootHash }, token };
}

/**
 * The name that the device is to have where a device of the user's has made the invite.
 *
 * @throws {DecodeError} `invite-malformed`
 */
export function invitedDevice(right: EnrollmentRight): string | undefined {
  return placeOf(right).device;
}

/**
 * Reads where to enrol from a URL (an invite without a token).
 *
 * @throws {DecodeError} `enrollment-url-malformed`
 */
export function parseEnrollmentPlace(url: string): EnrollmentPlace {
  const { relay, user, rootHash } = parseEnrollmentUrl(url);
  return { relay, user, authority: { rootHash } };
}

/** Whether a root certificate (DER) is the trusted authority's. */
export function isTrusted(root: Uint8Array, authority: TrustedAuthority): boolean {
  return "rootHash" in authority
    ? equalBytes(hashCertificate(root), authority.rootHash)
    : fingerprintOf(parseCertificate(root).spki) === authority.fingerprint;
}
