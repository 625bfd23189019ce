import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import { concatBytes } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import { decryptionFailed } from "./decryption_failed.ts";
import { assertSize } from "./size.ts";

// RFC 8410: SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.110 }, OCTET STRING { OCTET STRING[32] } }
const PKCS8_PREFIX = Uint8Array.fromHex("302e020100300506032b656e04220420");
// RFC 8410: SEQUENCE { SEQUENCE { OID 1.3.101.110 }, BIT STRING[32] }
const SPKI_PREFIX = Uint8Array.fromHex("302a300506032b656e032100");

/**
 * An X25519 private key. On `node:crypto`, because an agreement takes 48 µs there and 70 to 100 µs
 * through WebCrypto, and because a key with its public part can be had without waiting.
 */
export class X25519PrivateKey {
  readonly #key: KeyObject;
  #publicKey: Uint8Array<ArrayBuffer> | undefined;

  /**
   * Imports 32 bytes; they are clamped when used (RFC 7748 §5).
   *
   * @throws {DecodeError} `size-invalid`
   */
  constructor(raw: Uint8Array) {
    assertSize("X25519 private key", raw, 32);
    this.#key = createPrivateKey({ key: der(PKCS8_PREFIX, raw), format: "der", type: "pkcs8" });
  }

  /** The public key's 32 bytes; computed when first asked for. */
  publicKey(): Uint8Array<ArrayBuffer> {
    this.#publicKey ??= new Uint8Array(
      createPublicKey(this.#key).export({ format: "der", type: "spki" }).subarray(SPKI_PREFIX.length),
    );
    return this.#publicKey;
  }

  /**
   * Agrees on 32 bytes with a public key (RFC 7748 §6.1).
   *
   * @throws {DecodeError} `x25519-public-key-invalid` where the result would be all zeros, as a
   * public key of low order makes it (RFC 7748 §6.1, RFC 9180 §7.1.4)
   */
  agree(publicKey: X25519PublicKey): Uint8Array<ArrayBuffer> {
    let secret: Uint8Array;
    try {
      secret = diffieHellman({ privateKey: this.#key, publicKey: publicKey.keyObject });
    } catch {
      throw lowOrder();
    }
    // OpenSSL's check is not a promise of node:crypto's interface, so the result is looked at too.
    if (secret.every((byte) => byte === 0)) throw lowOrder();
    return new Uint8Array(secret);
  }
}

/** An X25519 public key. */
export class X25519PublicKey {
  /** The key as `node:crypto` wants it. */
  readonly keyObject: KeyObject;

  /**
   * Imports 32 bytes.
   *
   * @throws {DecodeError} `size-invalid`
   */
  constructor(raw: Uint8Array) {
    assertSize("X25519 public key", raw, 32);
    this.keyObject = createPublicKey({ key: der(SPKI_PREFIX, raw), format: "der", type: "spki" });
  }
}

/**
 * Agrees with a sender's ephemeral public key, where one of low order fails like any other forgery.
 *
 * @throws {AuthenticationError} `decryption-failed`
 * @throws {DecodeError} `size-invalid`
 */
export function agreeWithSender(privateKey: X25519PrivateKey, enc: Uint8Array): Uint8Array<ArrayBuffer> {
  const ephemeral = new X25519PublicKey(enc);
  try {
    return privateKey.agree(ephemeral);
  } catch {
    throw decryptionFailed();
  }
}

function der(prefix: Uint8Array, raw: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(concatBytes(prefix, raw).buffer);
}

function lowOrder(): DecodeError {
  return new DecodeError("x25519-public-key-invalid", "X25519 public key: expected a point of high order");
}
