import type { DeviceRef } from "../wire/mod.ts";

/** The key and certificates that one end of a connection shows. */
export interface TlsIdentity {
  /** The private key, PKCS#8 in PEM, not encrypted. */
  keyPem: string;
  /** The certificate chain in PEM, leaf first; the root may be left out. */
  certificatesPem: string;
}

/** Who the other end is, as its certificate says; made by a {@link ChainCheck} only. */
export interface VerifiedPeer {
  /** The device that a client certificate names; absent for a server. */
  device?: DeviceRef;
  /** The certificate's serial number in lower-case hexadecimal. */
  serial: string;
  /** When the certificate expires. */
  notAfter: Date;
  /** SHA-256 of the leaf's DER in lower-case hexadecimal. */
  fingerprint: string;
}

/**
 * Checks the peer's certificates (DER, leaf first) strictly: chain, validity, usage, name, revocation. That
 * the peer holds the leaf's private key has been proven by then.
 *
 * @throws {AuthenticationError} where any of it is not in order
 */
export type ChainCheck = (chainDer: Uint8Array<ArrayBuffer>[]) => Promise<VerifiedPeer> | VerifiedPeer;
