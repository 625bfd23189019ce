import type { TLSSocket } from "node:tls";
import { AuthenticationError } from "../errors/mod.ts";

/** A chain of more certificates is refused before any of them is looked at. */
const MAX_CHAIN_CERTIFICATES = 8;

interface PeerCertificate {
  raw?: Uint8Array;
  issuerCertificate?: PeerCertificate;
}

/**
 * The certificates of the other end in DER, leaf first; empty where it showed none. The runtime follows
 * issuers through what the peer sent and through the authorities that this end was set up with, so a peer may
 * leave out what this end has; a certificate that occurs twice is given once.
 *
 * @throws {AuthenticationError} `chain-too-long`
 */
export function peerCertificates(socket: TLSSocket): Uint8Array<ArrayBuffer>[] {
  const chain = new Map<string, Uint8Array<ArrayBuffer>>();
  const seen = new Set<PeerCertificate>();
  let certificate = socket.getPeerCertificate(true) as PeerCertificate | undefined;
  while (certificate?.raw !== undefined && !seen.has(certificate)) {
    seen.add(certificate);
    if (seen.size > 2 * MAX_CHAIN_CERTIFICATES || chain.size > MAX_CHAIN_CERTIFICATES) throw tooLong();
    const der = new Uint8Array(certificate.raw);
    chain.set(der.toBase64(), der);
    certificate = certificate.issuerCertificate;
  }
  return [...chain.values()];
}

function tooLong(): AuthenticationError {
  return new AuthenticationError(
    "chain-too-long",
    `more than ${MAX_CHAIN_CERTIFICATES} certificates were shown`,
  );
}
