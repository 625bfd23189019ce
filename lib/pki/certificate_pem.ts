import { formatPem, parsePem } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";

const CERTIFICATE = "CERTIFICATE";

/** Formats certificates in DER as PEM, in the order given. */
export function formatCertificates(chain: Uint8Array[]): string {
  return chain.map((der) => formatPem(CERTIFICATE, der)).join("");
}

/**
 * Parses a PEM text that holds certificates and nothing else. The certificates are not decoded.
 *
 * @returns DER, in the order of the text
 * @throws {DecodeError} `pem-malformed`
 */
export function parseCertificates(pem: string): Uint8Array<ArrayBuffer>[] {
  return parsePem(pem).map(({ label, bytes }) => {
    if (label === CERTIFICATE) return bytes;
    throw new DecodeError("pem-malformed", `cannot read certificates: found a PEM block of ${label}`);
  });
}
