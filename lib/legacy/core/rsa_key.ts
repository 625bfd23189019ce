import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { AuthenticationError, DecodeError } from "../../errors/mod.ts";

/** Generates an RSA-2048 key, as the classic systems use it. */
export function generateRsaKey(): Promise<KeyObject> {
  return new Promise((resolve, reject) =>
    generateKeyPair("rsa", { modulusLength: 2048 }, (error, _publicKey, privateKey) => {
      if (error) reject(error);
      else resolve(privateKey);
    })
  );
}

/**
 * Formats a private key as the traditional PEM (`RSA PRIVATE KEY`, RFC 8017 §A.1.2), with a password encrypted
 * under AES-256-CBC the way of `Proc-Type: 4,ENCRYPTED` (RFC 1421): one MD5 stands between a guess and the key.
 */
export function formatRsaPrivateKey(key: KeyObject, password?: string): string {
  const form = { type: "pkcs1", format: "pem" } as const;
  return password === undefined
    ? key.export(form) as string
    : key.export({ ...form, cipher: "aes-256-cbc", passphrase: password }) as string;
}

/** Formats the public half as SubjectPublicKeyInfo in PEM. */
export function formatRsaPublicKey(key: KeyObject): string {
  return toPublic(key).export({ type: "spki", format: "pem" }) as string;
}

/** Encodes the public half as SubjectPublicKeyInfo. */
export function encodeRsaPublicKey(key: KeyObject): Uint8Array<ArrayBuffer> {
  return new Uint8Array(toPublic(key).export({ type: "spki", format: "der" }));
}

/**
 * Parses a private key from PEM: traditional or PKCS#8, encrypted or not.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `passphrase-wrong`
 */
export function parseRsaPrivateKey(pem: string, password?: string): KeyObject {
  const encrypted = pem.includes("ENCRYPTED");
  try {
    return admit(
      createPrivateKey(password === undefined ? pem : { key: pem, format: "pem", passphrase: password }),
    );
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    if (encrypted) {
      throw new AuthenticationError("passphrase-wrong", "cannot open the private key: wrong password");
    }
    throw new DecodeError("key-malformed", "cannot read an RSA private key", { cause });
  }
}

/**
 * Parses a public key from SubjectPublicKeyInfo in PEM.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export function parseRsaPublicKey(pem: string): KeyObject {
  return parse("public key", () => {
    // A private key is none to hand out, though the library would take its public half.
    if (!pem.includes("-----BEGIN PUBLIC KEY-----")) throw new Error("not a PEM block of PUBLIC KEY");
    return createPublicKey(pem);
  });
}

/**
 * Takes the public key out of a certificate in PEM or DER. The certificate itself is not verified.
 *
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export function parseCertificateKey(certificate: string | Uint8Array): KeyObject {
  return parse("certificate", () => new X509Certificate(certificate).publicKey);
}

const MIN_BITS = 2048, MAX_BITS = 4096;

/** Larger keys would let a stranger buy much of our time with one message, smaller ones carry too little. */
function admit(key: KeyObject): KeyObject {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType === "rsa" && bits >= MIN_BITS && bits <= MAX_BITS) return key;
  throw new DecodeError("key-unsupported", `not an RSA key of ${MIN_BITS} to ${MAX_BITS} bits`);
}

function parse(what: string, read: () => KeyObject): KeyObject {
  try {
    return admit(read());
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError("key-malformed", `cannot read an RSA key from a ${what}`, { cause });
  }
}

function toPublic(key: KeyObject): KeyObject {
  return key.type === "private" ? createPublicKey(key) : key;
}
