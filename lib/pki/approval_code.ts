import { concatBytes, encodeUtf8 } from "../bytes/mod.ts";
import { digest } from "../crypto/mod.ts";
import { type EnrollmentContext, enrollmentMessage } from "./enrollment_transcript.ts";

/** Digits and letters without those that look alike (Crockford's base 32). */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS = 8;
const LABEL = encodeUtf8("parley approval code v1");

/**
 * The code that an applicant shows and an operator compares before approving: `XXXX-XXXX`, 40 bits of the
 * SHA-256 of a label and the enrolment's transcript. The authority's fresh challenge is in the transcript, so
 * nobody can look for a key of their own that has somebody else's code: each attempt takes a request.
 *
 * @throws {UsageError} `name-malformed`
 */
export function approvalCode(context: EnrollmentContext, challenge: Uint8Array): string {
  const hash = digest("SHA-256", concatBytes(LABEL, enrollmentMessage(context, challenge)));
  let bits = 0n;
  for (const byte of hash.subarray(0, 5)) bits = bits << 8n | BigInt(byte);
  let code = "";
  for (let i = CHARACTERS - 1; i >= 0; i--) code += ALPHABET[Number(bits >> BigInt(5 * i) & 31n)];
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** Brings a code that a person typed to its form: in capitals, with the dash. */
export function normalizeApprovalCode(text: string): string {
  const plain = text.toUpperCase().replaceAll(/[\s-]/g, "");
  return `${plain.slice(0, 4)}-${plain.slice(4)}`;
}
