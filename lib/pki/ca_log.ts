import type { RevocationReason } from "./revocation_reason.ts";

/** One certificate that the authority has issued. */
export interface Issuance {
  /** The serial number in lower-case hexadecimal. */
  serial: string;
  /** What the certificate is for. */
  kind: "server" | "device" | "authority";
  /** The names it vouches for: `USER/DEVICE`, or DNS names and addresses; an authority's own name. */
  names: string[];
  /** The user, for a device. */
  user?: string;
  /** The user's device, for a device. */
  device?: string;
  /** The fingerprint of the public key, see `fingerprintOf`. */
  fingerprint: string;
  /** The certificate, DER. */
  certificate: Uint8Array;
  /** When it was issued. */
  issuedAt: Date;
  /** Until when it is valid. */
  notAfter: Date;
}

/** A revocation of one certificate. */
export interface Revocation {
  /** The certificate's serial number. */
  serial: string;
  /** Why. */
  reason: RevocationReason;
  /** When. */
  revokedAt: Date;
}

/** An issuance with what else is known of it. */
export interface LoggedIssuance extends Issuance {
  /** The revocation, where it has one. */
  revocation?: Revocation;
  /** The serial number of the certificate of the device that invited this one, where a device has. */
  linkedBy?: string;
}

/** An invite as the authority keeps it: without the token. */
export interface InviteRecord {
  /** The SHA-256 of the token. */
  tokenHash: Uint8Array;
  /** The user it is for. */
  user: string;
  /** The relay that it names, `HOST:PORT`. */
  relay: string;
  /** When it was made. */
  createdAt: Date;
  /** After this instant it cannot be redeemed. */
  expiresAt: Date;
}

/** That an invite was redeemed. */
export interface Redemption {
  /** The SHA-256 of the token. */
  tokenHash: Uint8Array;
  /** The serial number of the certificate that was issued for it. */
  serial: string;
  /** When. */
  redeemedAt: Date;
}

/** That an invite was made by a device of the user's. */
export interface LinkRecord {
  /** The SHA-256 of the token. */
  tokenHash: Uint8Array;
  /** The name that the new device is to have. */
  device: string;
  /** The serial number of the certificate of the device that made it. */
  linkedBy: string;
  /** That device's signature over `deviceLinkMessage`. */
  signature: Uint8Array;
}

/** An invite with what else is known of it. */
export interface LoggedInvite extends InviteRecord {
  /** The redemption, where it has one. */
  redemption?: Redemption;
  /** Which device made it, where it was not the operator. */
  link?: LinkRecord;
}

/** Which issuances to list; everything where nothing is said. */
export interface IssuanceFilter {
  /** Only this user's. */
  user?: string;
  /** Only devices of this name. */
  device?: string;
}

/**
 * The authority's records: append-only, durable, shared by several processes. It lies beside the
 * authority's key on one machine, therefore it is synchronous.
 *
 * Every method throws a StorageError where the log cannot be read or written.
 */
export interface CaLog {
  /**
   * Runs `work` alone among all processes. What it appends is on disk when this returns, or, where `work`
   * throws, not there at all.
   */
  atomically<T>(work: () => T): T;
  /** Appends an issuance. */
  appendIssuance(issuance: Issuance): void;
  /** Appends a revocation of an issuance that has none yet. */
  appendRevocation(revocation: Revocation): void;
  /** Appends an invite. */
  appendInvite(invite: InviteRecord): void;
  /** Appends that an invite was made by a device. */
  appendLink(link: LinkRecord): void;
  /** Appends the redemption of an invite that has none yet. */
  appendRedemption(redemption: Redemption): void;
  /** Takes the next CRL number: 1, then one more each time. */
  takeCrlNumber(at: Date): number;
  /** The issuance with this serial number. */
  findIssuance(serial: string): LoggedIssuance | undefined;
  /** Issuances, oldest first. */
  listIssuances(filter?: IssuanceFilter): LoggedIssuance[];
  /** All revocations, oldest first. */
  listRevocations(): Revocation[];
  /** The invite with this token hash. */
  findInvite(tokenHash: Uint8Array): LoggedInvite | undefined;
  /** A number that is another one after any process has appended something. Cheap enough to poll. */
  changeCounter(): number;
}
