import { concatBytes, encodeUtf8, Writer } from "../bytes/mod.ts";
import type { Kdf } from "./kdf.ts";

const version = encodeUtf8("HPKE-v1");

/** LabeledExtract and LabeledExpand for one suite (RFC 9180 §4). */
export interface LabeledKdf {
  /** Extract(salt, "HPKE-v1" | suite_id | label | ikm). */
  extract(salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Expand(prk, I2OSP(length, 2) | "HPKE-v1" | suite_id | label | info, length). */
  expand(prk: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array<ArrayBuffer>;
}

/** Binds `kdf` to a suite id. */
export function createLabeledKdf(kdf: Kdf, suiteId: Uint8Array): LabeledKdf {
  return {
    extract: (salt, label, ikm) => kdf.extract(salt, concatBytes(version, suiteId, encodeUtf8(label), ikm)),

    expand: (prk, label, info, length) => {
      const prefix = new Writer(2).u16(length).finish();
      return kdf.expand(prk, concatBytes(prefix, version, suiteId, encodeUtf8(label), info), length);
    },
  };
}

/** The suite id of a KEM used alone: "KEM" | I2OSP(kem_id, 2) (RFC 9180 §4.1). */
export function kemSuiteId(kemId: number): Uint8Array<ArrayBuffer> {
  return new Writer(5).bytes(encodeUtf8("KEM")).u16(kemId).finish();
}

/** The suite id of HPKE: "HPKE" | kem_id | kdf_id | aead_id (RFC 9180 §5.1). */
export function hpkeSuiteId(kemId: number, kdfId: number, aeadId: number): Uint8Array<ArrayBuffer> {
  return new Writer(10).bytes(encodeUtf8("HPKE")).u16(kemId).u16(kdfId).u16(aeadId).finish();
}
