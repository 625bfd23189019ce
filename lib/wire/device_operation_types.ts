/**
 * Takes an invite that this device makes for another device of its user. Whoever holds the token then enrols with it
 * as with an invite of the operator's. Repeating this changes nothing.
 */
export interface LinkDevice {
  /**
   * The name of the new device; the relay, `HOST:PORT`, as the invite names it; the SHA-256 of its token; its end in
   * milliseconds since 1970; and this device's signature over all of it (`deviceLinkMessage` of the `pki` room).
   */
  request: {
    device: string;
    relay: string;
    tokenHash: Uint8Array<ArrayBuffer>;
    expiresAt: number;
    signature: Uint8Array<ArrayBuffer>;
  };
  /** Nothing. */
  response: Record<never, never>;
}

/**
 * Has the certificates of another device of this user revoked. A device cannot revoke itself, so a user's last one
 * always stays. Repeating this changes nothing.
 */
export interface RevokeDevice {
  /** The name of the device. */
  request: { device: string };
  /** When it was revoked, milliseconds since 1970. */
  response: { revokedAt: number };
}

/** Gives the certificates of users' devices that are neither revoked nor expired. */
export interface Certificates {
  /** The users; one that nobody has is left out of the answer. */
  request: { users: string[] };
  /** The devices by name; what they are comes from their certificates and not from here. */
  response: { devices: DeviceCertificate[] };
}

/** A device with its certificate. */
export interface DeviceCertificate {
  /** The user. */
  user: string;
  /** The device. */
  device: string;
  /** The newest certificate in DER; those above it are the authority's. */
  certificate: Uint8Array<ArrayBuffer>;
  /** Whether it is connected now. */
  online: boolean;
  /** When it was connected last, milliseconds since 1970; for devices of the asking user only. */
  lastSeen?: number;
}

/** The requests about devices of users. */
export interface DeviceOperations {
  /** See {@link LinkDevice}. */
  "link-device": LinkDevice;
  /** See {@link RevokeDevice}. */
  "revoke-device": RevokeDevice;
  /** See {@link Certificates}. */
  "certificates": Certificates;
}
