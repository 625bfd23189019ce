import { formatPem, parsePem } from "../../bytes/mod.ts";
import { DecodeError, ProtocolError } from "../../errors/mod.ts";
import { derBits, derOid, DerReader, derSequence, derUnsigned } from "../../pki/mod.ts";
import { decodeBigInteger, encodeBigInteger } from "./big_integer.ts";
import type { DhGroup } from "./dh_group.ts";
import type { DhKeyPair } from "./dh_key_pair.ts";
import type { Cutter } from "./message_reader.ts";

const PARAMETERS = "DH PARAMETERS", PUBLIC = "PUBLIC KEY";
/** dhKeyAgreement of PKCS#3. */
const DH_KEY_AGREEMENT = "1.2.840.113549.1.3.1";
const MAX_PEM_BYTES = 4096;
const NEWLINE = 0x0a;

/** Modulus and generator that a peer proposes, not checked yet. */
export interface DhParameters {
  /** p */
  readonly modulus: bigint;
  /** g */
  readonly generator: bigint;
}

/** Formats a group as PKCS#3 DHParameter in PEM. */
export function formatDhParameters(group: DhGroup): string {
  return formatPem(PARAMETERS, encodeParameters(group));
}

/**
 * Parses PKCS#3 DHParameter.
 *
 * @throws {DecodeError} `pem-malformed`, `der-malformed`
 */
export function parseDhParameters(pem: string): DhParameters {
  const reader = new DerReader(soleBlock(pem, PARAMETERS));
  const parameters = readParameters(reader);
  reader.end("DH parameters");
  return parameters;
}

/** Formats a public value as SubjectPublicKeyInfo with the OID dhKeyAgreement in PEM. */
export function formatDhPublicKey(group: DhGroup, value: Uint8Array): string {
  const algorithm = derSequence(derOid(DH_KEY_AGREEMENT), encodeParameters(group));
  return formatPem(PUBLIC, derSequence(algorithm, derBits(derUnsigned(value))));
}

/**
 * Parses what {@link formatDhPublicKey} formats; the value is big-endian without zeros in front.
 *
 * @throws {DecodeError} `pem-malformed`, `der-malformed`
 */
export function parseDhPublicKey(pem: string): DhParameters & { readonly value: Uint8Array } {
  const reader = new DerReader(soleBlock(pem, PUBLIC));
  const info = reader.sequence("DH public key");
  reader.end("DH public key");
  const algorithm = info.sequence("DH algorithm");
  if (algorithm.oid("DH algorithm") !== DH_KEY_AGREEMENT) {
    throw new DecodeError("der-malformed", "not a Diffie-Hellman public key");
  }
  const parameters = readParameters(algorithm);
  const value = new DerReader(info.bitOctets("DH public value")).unsigned("DH public value");
  return { ...parameters, value };
}

/**
 * Computes the secret that is shared with the owner of a public value in PEM.
 *
 * @throws {DecodeError} `pem-malformed`, `der-malformed`
 * @throws {ProtocolError} `dh-group-mismatch`, `dh-value-refused`
 */
export function computeSecretFromPem(keys: DhKeyPair, pem: string): Uint8Array<ArrayBuffer> {
  const { modulus, generator, value } = parseDhPublicKey(pem);
  if (modulus === keys.group.modulus && generator === keys.group.generator) return keys.computeSecret(value);
  throw new ProtocolError("dh-group-mismatch", "the peer's key belongs to another Diffie-Hellman group");
}

/** Cuts a PEM block with this label; it ends with the newline after its END line, or without one at rest. */
export function pemCutter(label: "DH PARAMETERS" | "PUBLIC KEY"): Cutter<string> {
  const end = `-----END ${label}-----`;
  return (bytes, quiet) => {
    const text = String.fromCharCode(...bytes.subarray(0, MAX_PEM_BYTES));
    const at = text.indexOf(end);
    if (at < 0 && bytes.length >= MAX_PEM_BYTES) throw new DecodeError("pem-malformed", `no end of ${label}`);
    const size = at + end.length;
    if (at < 0 || (size === bytes.length && !quiet)) return undefined;
    return { message: text.slice(0, size), size: bytes[size] === NEWLINE ? size + 1 : size };
  };
}

function encodeParameters({ modulus, generator }: DhGroup): Uint8Array {
  return derSequence(derUnsigned(encodeBigInteger(modulus)), derUnsigned(encodeBigInteger(generator)));
}

/** DHParameter may name a length for private values after p and g; it binds nobody. */
function readParameters(reader: DerReader): DhParameters {
  const parameters = reader.sequence("DH parameters");
  return {
    modulus: decodeBigInteger(parameters.unsigned("DH modulus")),
    generator: decodeBigInteger(parameters.unsigned("DH generator")),
  };
}

function soleBlock(pem: string, label: string): Uint8Array {
  const [block, ...more] = parsePem(pem);
  if (block?.label === label && more.length === 0) return block.bytes;
  throw new DecodeError("pem-malformed", `expected one PEM block of ${label}`);
}
