import { concatBytes, encodeUtf8, Writer } from "../bytes/mod.ts";
import { digest } from "../crypto/mod.ts";
import { parseName } from "./identity.ts";

/** What both sides know of an enrolment and bind the proof to. */
export interface EnrollmentContext {
  /** The certificate request, DER. */
  csr: Uint8Array;
  /** The SHA-256 of the invite's token. */
  tokenHash: Uint8Array;
  /** The user that the invite is for. */
  user: string;
  /** The name that the applicant chose for the device. */
  device: string;
  /** The SHA-256 of the root certificate that the applicant trusts. */
  rootHash: Uint8Array;
  /** The SHA-256 of the certificate that the server of this connection showed. */
  serverCertificateHash: Uint8Array;
}

const LABEL = encodeUtf8("parley enroll v1");

/**
 * What the applicant signs, or authenticates with the decrypted challenge: the text `parley enroll v1` and
 * the SHA-256 of the transcript. The transcript is seven fields, each behind its length in four bytes:
 *
 * ```
 * challenge | csr | token hash | user | device | root hash | server certificate hash
 * ```
 *
 * A relay that passes the challenge of another one on to its victim has another certificate, so the proof
 * that it gets is of no use to it.
 *
 * @throws {UsageError} `name-malformed`
 */
export function enrollmentMessage(
  context: EnrollmentContext,
  challenge: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer(1024);
  const fields = [
    challenge,
    context.csr,
    context.tokenHash,
    encodeUtf8(parseName(context.user, "user")),
    encodeUtf8(parseName(context.device, "device")),
    context.rootHash,
    context.serverCertificateHash,
  ];
  for (const field of fields) writer.u32(field.length).bytes(field);
  return concatBytes(LABEL, digest("SHA-256", writer.finish()));
}
