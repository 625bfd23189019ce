import { concatBytes, encodeUtf8 } from "../../bytes/mod.ts";
import { digest } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";

/** One of the two people whom a safety number is about. */
export interface SafetyNumberParty {
  /** The user's name. */
  user: string;
  /** The raw Ed25519 public keys of the user's devices, in any order. */
  keys: readonly Uint8Array[];
}

const VERSION = new Uint8Array([0, 0]);
const ITERATIONS = 5_200;
const CHUNKS = 6, CHUNK_BYTES = 5, CHUNK_DIGITS = 5;
/** Digits of a safety number. */
export const SAFETY_NUMBER_DIGITS = 60;

/**
 * Derives the safety number of two users: 60 decimal digits, 30 of each side, the smaller half first, so that
 * both sides get the same. A side's half is Signal's numeric fingerprint over several keys: with K the keys in
 * ascending order one behind the other,
 *
 * ```
 * h(1) = SHA-512(0x0000 | K | user | K)      h(n) = SHA-512(h(n-1) | K)      n up to 5,200
 * ```
 *
 * and of h(5,200) the first six groups of five bytes, big-endian, modulo 100,000, five digits each. The repetition
 * makes a search for keys with a similar number dear.
 *
 * @throws {ProtocolError} `no-device-key` where a side has no key
 */
export function deriveSafetyNumber(one: SafetyNumberParty, other: SafetyNumberParty): string {
  return [deriveHalf(one), deriveHalf(other)].sort().join("");
}

/** Formats a safety number for people: groups of five digits, four in a line. */
export function formatSafetyNumber(digits: string): string {
  const groups = digits.match(/.{5}/g) ?? [];
  const lines: string[] = [];
  for (let at = 0; at < groups.length; at += 4) lines.push(groups.slice(at, at + 4).join(" "));
  return lines.join("\n");
}

function deriveHalf({ user, keys }: SafetyNumberParty): string {
  if (keys.length === 0) throw new ProtocolError("no-device-key", `${user} has no device`);
  const joined = concatBytes(...keys.toSorted(compareBytes));
  let hash = digest("SHA-512", concatBytes(VERSION, joined, encodeUtf8(user), joined));
  for (let n = 1; n < ITERATIONS; n++) hash = digest("SHA-512", concatBytes(hash, joined));
  return formatDigits(hash);
}

function formatDigits(hash: Uint8Array): string {
  let digits = "";
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const bytes = hash.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
    const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    digits += String(number % 100_000).padStart(CHUNK_DIGITS, "0");
  }
  return digits;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1);
}
