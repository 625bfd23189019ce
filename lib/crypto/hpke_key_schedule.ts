import { concatBytes } from "../bytes/mod.ts";
import type { Aead } from "./aead.ts";
import type { AeadKey } from "./aead_key.ts";
import type { Kdf } from "./kdf.ts";
import { createLabeledKdf, hpkeSuiteId } from "./labeled_kdf.ts";

/** What both ends of an HPKE context hold (RFC 9180 §5.1). */
export interface HpkeSecrets {
  /** Encryption. */
  aead: Aead;
  /** Key of all messages. */
  key: AeadKey;
  /** XORed with the sequence number for each message's nonce. */
  baseNonce: Uint8Array<ArrayBuffer>;
  /** Export (RFC 9180 §5.3). */
  exportSecret(exporterContext: Uint8Array, length: number): Uint8Array<ArrayBuffer>;
}

/** KeySchedule in base mode (RFC 9180 §5.1), bound to a suite. */
export interface KeySchedule {
  /** The key schedule context, which depends on the info alone: many recipients of one info share it. */
  hashInfo(info: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The secrets of a shared secret in the context of {@link KeySchedule.hashInfo}. */
  derive(sharedSecret: Uint8Array, context: Uint8Array): HpkeSecrets;
}

const modeBase = Uint8Array.of(0x00);
const empty = new Uint8Array(0);

/** Binds the key schedule to a suite. */
export function createKeySchedule(kemId: number, kdf: Kdf, aead: Aead): KeySchedule {
  const labeled = createLabeledKdf(kdf, hpkeSuiteId(kemId, kdf.id, aead.id));
  const pskIdHash = labeled.extract(empty, "psk_id_hash", empty);

  return {
    hashInfo: (info) => concatBytes(modeBase, pskIdHash, labeled.extract(empty, "info_hash", info)),

    derive(sharedSecret, context) {
      const secret = labeled.extract(sharedSecret, "secret", empty);
      return {
        aead,
        key: aead.importKey(labeled.expand(secret, "key", context, aead.Nk)),
        baseNonce: labeled.expand(secret, "base_nonce", context, aead.Nn),
        // Derived when asked for: single messages never ask.
        exportSecret: (exporterContext, length) =>
          labeled.expand(labeled.expand(secret, "exp", context, kdf.Nh), "sec", exporterContext, length),
      };
    },
  };
}
