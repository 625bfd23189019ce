import * as v from "valibot";
import { type CborValue, decodeCbor, encodeCbor } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { derBits, derOid, derSequence, fingerprintOf } from "../../pki/mod.ts";

/** A device by its name and its raw Ed25519 public key. */
export interface DeviceKey {
  /** The name. */
  device: string;
  /** The key, 32 bytes. */
  key: Uint8Array;
}

/**
 * What this user has said of another one's devices. `verified`: safety numbers were compared; `accepted`: devices
 * that came later were accepted without comparing; `none`: what was said before does not count any more.
 */
export interface Mark {
  /** What was said. */
  state: "verified" | "accepted" | "none";
  /** Of which devices. */
  keys: DeviceKey[];
}

const MAX_KEYS = 2_000;
const KEY_BYTES = 32;
const schema = v.strictObject({
  state: v.picklist(["verified", "accepted", "none"]),
  keys: v.pipe(
    v.array(v.strictTuple([
      v.pipe(v.string(), v.maxLength(32)),
      v.custom<Uint8Array>((input) => input instanceof Uint8Array && input.length === KEY_BYTES),
    ])),
    v.maxLength(MAX_KEYS),
  ),
});

/** Encodes a mark: CBOR `{state, keys: [[device, key]]}`. */
export function encodeMark({ state, keys }: Mark): Uint8Array {
  const pairs: CborValue[] = keys.map(({ device, key }) => [device, key]);
  return encodeCbor({ state, keys: pairs });
}

/**
 * Decodes what {@link encodeMark} made.
 *
 * @throws {DecodeError} `cbor-malformed`, `message-malformed`
 */
export function decodeMark(bytes: Uint8Array): Mark {
  const result = v.safeParse(schema, decodeCbor(bytes));
  if (!result.success) throw new DecodeError("message-malformed", "cannot decode a verification mark");
  const { state, keys } = result.output;
  return { state, keys: keys.map(([device, key]) => ({ device, key })) };
}

/** Those of `keys` that a mark does not speak for. */
export function keysNotIn<K extends DeviceKey>(mark: Mark, keys: readonly K[]): K[] {
  const known = new Set(mark.keys.map(({ key }) => key.toHex()));
  return keys.filter(({ key }) => !known.has(key.toHex()));
}

/** The fingerprint of a raw Ed25519 key, as `parley enroll` shows it. */
export function deviceFingerprint(key: Uint8Array): string {
  // RFC 8410 §4
  return fingerprintOf(derSequence(derSequence(derOid("1.3.101.112")), derBits(new Uint8Array(key))));
}
