import { DecodeError } from "../errors/mod.ts";

/** Why a certificate was revoked. */
export type RevocationReason =
  | "unspecified"
  | "key-compromise"
  | "ca-compromise"
  | "affiliation-changed"
  | "superseded"
  | "cessation-of-operation"
  | "certificate-hold"
  | "privilege-withdrawn"
  | "aa-compromise";

/** RFC 5280 §5.3.1. */
const REASON_CODES: Record<RevocationReason, number> = {
  "unspecified": 0,
  "key-compromise": 1,
  "ca-compromise": 2,
  "affiliation-changed": 3,
  "superseded": 4,
  "cessation-of-operation": 5,
  "certificate-hold": 6,
  "privilege-withdrawn": 9,
  "aa-compromise": 10,
};

/**
 * The reasons to choose from. A hold would be lifted again, which our log does not know, and attribute
 * authorities (AA) do not occur here: both are only read in the CRLs of others.
 */
export const REVOCATION_REASONS: readonly RevocationReason[] = [
  "unspecified",
  "key-compromise",
  "ca-compromise",
  "affiliation-changed",
  "superseded",
  "cessation-of-operation",
  "privilege-withdrawn",
];

/** The reason's code. */
export function reasonToCode(reason: RevocationReason): number {
  return REASON_CODES[reason];
}

/**
 * The reason with this code.
 *
 * @throws {DecodeError} `crl-malformed`
 */
export function reasonFromCode(code: number): RevocationReason {
  const [reason] = Object.entries(REASON_CODES).find(([, one]) => one === code) ?? [];
  if (reason === undefined) {
    throw new DecodeError("crl-malformed", `cannot decode CRL: unknown reason ${code}`);
  }
  return reason as RevocationReason;
}
