import { DecodeError } from "../errors/mod.ts";
import { assertSize } from "./size.ts";

// The y coordinates of the eight points of small order with every encoding that decoders take,
// the sign bit left out: 0, 1, the two of order 8, p-1, and p and p+1 for 0 and 1.
const smallOrder: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/**
 * Checks an Ed25519 public key's size and that its point is not of small order, for which anybody
 * can sign. Web Cryptography asks for the second check ("Secure Curves", Ed25519, verify); the
 * runtime does not make it.
 *
 * @throws {DecodeError} `size-invalid`, `ed25519-public-key-invalid`
 */
export function assertEd25519PublicKey(raw: Uint8Array): void {
  assertSize("Ed25519 public key", raw, 32);
  const y = new Uint8Array(raw);
  y[31]! &= 0x7f;
  if (smallOrder.has(y.toHex())) throw ed25519PublicKeyInvalid();
}

/** The answer to 32 bytes that are no usable point. */
export function ed25519PublicKeyInvalid(): DecodeError {
  return new DecodeError("ed25519-public-key-invalid", "Ed25519 public key: expected a point of large order");
}
