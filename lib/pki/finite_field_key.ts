import {
  checkFiniteFieldValue,
  deriveFiniteFieldPublicValue,
  type FiniteFieldGroup,
  generateFiniteFieldKeyPair,
  modpGroup14,
  type RandomSource,
} from "../crypto/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { derBits, derOid, derSequence, derUnsigned } from "./der_writer.ts";
import { encodePrivateKeyInfo, parsePrivateKeyInfo } from "./private_key_info.ts";
import { readFiniteFieldGroup } from "./public_key_info.ts";

/** What a finite-field key is for. */
export type FiniteFieldType = "dh" | "elgamal";

/** A private key as PKCS#8 with its public half as SubjectPublicKeyInfo, both DER. */
export interface EncodedKeyPair {
  /** PrivateKeyInfo. It is a secret. */
  pkcs8: Uint8Array<ArrayBuffer>;
  /** SubjectPublicKeyInfo. */
  spki: Uint8Array<ArrayBuffer>;
}

/** PKCS#3's dhKeyAgreement, and OIW's elGamal. */
const OIDS: Record<FiniteFieldType, string> = { dh: "1.2.840.113549.1.3.1", elgamal: "1.3.14.7.2.1.1" };

/**
 * Generates a key of the 2048-bit MODP group (RFC 3526). The encoding is that of PKCS#3 and RFC 2631: parameters
 * `SEQUENCE { p, g }`, keys as INTEGER. ElGamal has no standard for key files; its keys stand in the same form
 * under OIW's object identifier, as Bouncy Castle writes them.
 */
export function generateFiniteFieldKey(type: FiniteFieldType, random: RandomSource): EncodedKeyPair {
  const group = modpGroup14();
  const { privateValue, publicValue } = generateFiniteFieldKeyPair(group, random);
  const algorithm = encodeAlgorithm(type, group);
  const pkcs8 = encodePrivateKeyInfo(algorithm, derUnsigned(privateValue));
  privateValue.fill(0);
  return { pkcs8, spki: encodePublicKey(algorithm, publicValue) };
}

/**
 * Derives the public half of a private key.
 *
 * @returns SubjectPublicKeyInfo, DER
 * @throws {DecodeError} `key-malformed`, `key-unsupported`
 */
export function deriveFiniteFieldSpki(pkcs8: Uint8Array): Uint8Array<ArrayBuffer> {
  const { type, parameters, privateKey } = parsePrivateKeyInfo(pkcs8);
  if (parameters === undefined || (type !== "dh" && type !== "elgamal")) {
    throw new DecodeError("key-malformed", "cannot decode private key: not one of a finite field");
  }
  return orMalformed(() => {
    const group = readFiniteFieldGroup(parameters);
    const publicValue = deriveFiniteFieldPublicValue(group, readSoleInteger(privateKey));
    return encodePublicKey(encodeAlgorithm(type, group), publicValue);
  });
}

/**
 * Checks that a public value lies within its group.
 *
 * @throws {DecodeError} `key-malformed`
 */
export function checkFiniteFieldPublicKey(parameters: Uint8Array, publicKey: Uint8Array): void {
  orMalformed(() => checkFiniteFieldValue(readFiniteFieldGroup(parameters), readSoleInteger(publicKey)));
}

function encodeAlgorithm(type: FiniteFieldType, { prime, generator }: FiniteFieldGroup): Uint8Array {
  return derSequence(derOid(OIDS[type]), derSequence(derUnsigned(prime), derUnsigned(generator)));
}

function encodePublicKey(algorithm: Uint8Array, publicValue: Uint8Array): Uint8Array<ArrayBuffer> {
  return derSequence(algorithm, derBits(derUnsigned(publicValue)));
}

function readSoleInteger(der: Uint8Array): Uint8Array {
  const reader = new DerReader(der);
  const value = reader.unsigned("key");
  reader.end("key");
  return value;
}

function orMalformed<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DecodeError("key-malformed", `cannot decode key: ${cause.message}`, { cause });
  }
}
