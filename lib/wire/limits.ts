/** Version of the relay protocol; also the last part of the ALPN name. */
export const PROTOCOL_VERSION = 1;

/** ALPN protocol name (RFC 7301). */
export const ALPN_PROTOCOL = "parley/1";

/** Bounds of the relay protocol. Sizes in bytes. */
export const limits = {
  /** A frame's content (everything after its length) on a connection with a client certificate. */
  maxFrameBytes: 8 * 1024 * 1024,
  /** The same on a connection that can only enrol. */
  maxAnonymousFrameBytes: 16 * 1024,
  /** An MLS application message. */
  maxMessageBytes: 64 * 1024,
  /** An MLS commit. */
  maxCommitBytes: 3 * 1024 * 1024,
  /** An MLS welcome, with the ratchet tree inside. */
  maxWelcomeBytes: 4 * 1024 * 1024,
  /** An MLS group info, with the ratchet tree inside. */
  maxGroupInfoBytes: 4 * 1024 * 1024,
  /** One that goes along with a commit, so that devices can come back while no member is connected. */
  maxAttachedGroupInfoBytes: 128 * 1024,
  /** An MLS key package. */
  maxKeyPackageBytes: 16 * 1024,
  /** A certificate, certificate request or CRL in DER; a CRL may be larger. */
  maxCertificateBytes: 8 * 1024,
  /** A CRL in DER. */
  maxCrlBytes: 1024 * 1024,
  /** Key packages in one request. */
  maxKeyPackages: 100,
  /** Devices named in one request or answer. */
  maxDevices: 2_000,
  /** Entries in one answer to `sync`. */
  maxSyncEntries: 1_000,
  /** Bodies of entries in one answer to `sync`, together; one entry may exceed it alone. */
  maxSyncBytes: 1024 * 1024,
  /** Mailboxes in one answer to `mailboxes`. */
  maxMailboxes: 1_000,
  /** Entries that one receipt of the relay speaks for. */
  maxReceiptEntries: 100,
  /** Seconds until a message that is to vanish does. */
  maxExpirySeconds: 366 * 24 * 60 * 60,
  /** Requests of one connection that may await their answers at once. */
  maxRequestsInFlight: 256,
} as const;
