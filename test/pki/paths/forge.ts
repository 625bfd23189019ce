import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createHash } from "node:crypto";
import { constructedContextTag, contextTag, DerTag } from "../../../lib/pki/der_tag.ts";
import {
  derBits,
  derElement,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  derTime,
} from "../../../lib/pki/der_writer.ts";

/** A key pair that certificates are made with. */
export interface ForgeKey {
  privateKey: KeyObject;
  spki: Uint8Array;
}

function forgeKey(privateKey: KeyObject): ForgeKey {
  return {
    privateKey,
    spki: new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" })),
  };
}

const ed25519 = () => forgeKey(generateKeyPairSync("ed25519").privateKey);
const ec = (namedCurve: string) => forgeKey(generateKeyPairSync("ec", { namedCurve }).privateKey);
const rsa = (modulusLength: number) => forgeKey(generateKeyPairSync("rsa", { modulusLength }).privateKey);

/** The keys of the suite, each made when it is first used. */
const MAKERS = {
  root: ed25519,
  issuing: ed25519,
  second: ed25519,
  leaf: ed25519,
  stranger: ed25519,
  p256: () => ec("P-256"),
  p384: () => ec("P-384"),
  p521: () => ec("P-521"),
  rsa1024: () => rsa(1024),
  rsa2048: () => rsa(2048),
  x25519: () => forgeKey(generateKeyPairSync("x25519").privateKey),
} as const;
export type KeyName = keyof typeof MAKERS;
const keys = new Map<KeyName, ForgeKey>();

/** A key by its name; the same one each time. */
export function keyOf(name: KeyName): ForgeKey {
  let key = keys.get(name);
  if (key === undefined) keys.set(name, key = MAKERS[name]());
  return key;
}

const NULL = derElement(DerTag.null);
/** Signature algorithms: AlgorithmIdentifier and node's name of the hash. */
export const ALGORITHMS = {
  ed25519: { identifier: derSequence(derOid("1.3.101.112")), hash: null },
  ed25519WithNull: { identifier: derSequence(derOid("1.3.101.112"), NULL), hash: null },
  ecdsaSha256: { identifier: derSequence(derOid("1.2.840.10045.4.3.2")), hash: "sha256" },
  ecdsaSha384: { identifier: derSequence(derOid("1.2.840.10045.4.3.3")), hash: "sha384" },
  ecdsaSha512: { identifier: derSequence(derOid("1.2.840.10045.4.3.4")), hash: "sha512" },
  ecdsaSha1: { identifier: derSequence(derOid("1.2.840.10045.4.1")), hash: "sha1" },
  rsaSha256: { identifier: derSequence(derOid("1.2.840.113549.1.1.11"), NULL), hash: "sha256" },
  rsaSha256WithoutNull: { identifier: derSequence(derOid("1.2.840.113549.1.1.11")), hash: "sha256" },
  rsaSha512: { identifier: derSequence(derOid("1.2.840.113549.1.1.13"), NULL), hash: "sha512" },
  rsaSha1: { identifier: derSequence(derOid("1.2.840.113549.1.1.5"), NULL), hash: "sha1" },
  rsaMd5: { identifier: derSequence(derOid("1.2.840.113549.1.1.4"), NULL), hash: "md5" },
  rsaPss: { identifier: derSequence(derOid("1.2.840.113549.1.1.10")), hash: "sha256" },
  unknown: { identifier: derSequence(derOid("1.2.3.4.5")), hash: null },
} as const;
export type AlgorithmName = keyof typeof ALGORITHMS;

/** A Name of one common name. */
export function nameOf(commonName: string): Uint8Array {
  const value = derElement(DerTag.utf8String, new TextEncoder().encode(commonName));
  return derSequence(derElement(DerTag.set, derSequence(derOid("2.5.4.3"), value)));
}

/** An Extension. */
export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  const flag = critical ? derElement(DerTag.boolean, Uint8Array.of(0xff)) : new Uint8Array();
  return derSequence(derOid(oid), flag, derOctets(value));
}

export const TRUE: Uint8Array = derElement(DerTag.boolean, Uint8Array.of(0xff));
export const FALSE: Uint8Array = derElement(DerTag.boolean, Uint8Array.of(0));

/** basicConstraints. */
export function basicConstraints(isCa: boolean, pathLength?: number, critical = true): Uint8Array {
  const length = pathLength === undefined ? new Uint8Array() : derInteger(pathLength);
  return extension("2.5.29.19", derSequence(isCa ? TRUE : new Uint8Array(), length), critical);
}

/** The bits of keyUsage by the RFC's names. */
const KEY_USAGE_BITS = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
];

/** keyUsage. */
export function keyUsage(...names: string[]): Uint8Array {
  const octet = names.reduce((sum, name) => sum | (0x80 >> KEY_USAGE_BITS.indexOf(name)), 0);
  const unused = octet === 0 ? 0 : 31 - Math.clz32(octet & -octet);
  return extension("2.5.29.15", derElement(DerTag.bitString, Uint8Array.of(unused, octet)), true);
}

export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
export const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** extendedKeyUsage. */
export function extendedKeyUsage(...oids: string[]): Uint8Array {
  return extension("2.5.29.37", derSequence(...oids.map(derOid)));
}

/** A GeneralName by its tag's number. */
export function generalName(tag: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return derElement(contextTag(tag), bytes);
}

export const dns = (name: string): Uint8Array => generalName(2, name);
export const uri = (name: string): Uint8Array => generalName(6, name);
export const ip = (...octets: number[]): Uint8Array => generalName(7, Uint8Array.from(octets));

/** subjectAltName. */
export function altNames(...names: Uint8Array[]): Uint8Array {
  return extension("2.5.29.17", derSequence(...names));
}

/** The identifier of a key as the suite's certificates carry it. */
export function keyIdentifier(name: KeyName): Uint8Array {
  return new Uint8Array(createHash("sha256").update(keyOf(name).spki).digest().subarray(0, 20));
}

export function subjectKeyIdentifier(value: Uint8Array): Uint8Array {
  return extension("2.5.29.14", derOctets(value));
}

export function authorityKeyIdentifier(value: Uint8Array): Uint8Array {
  return extension("2.5.29.35", derSequence(derElement(contextTag(0), value)));
}

/** Everything that a certificate can have otherwise. Extensions by name: other bytes, or null for none. */
export interface CertificateSpec {
  subject?: Uint8Array;
  issuer?: Uint8Array;
  key?: KeyName;
  spki?: Uint8Array;
  signer?: KeyName;
  algorithm?: AlgorithmName;
  innerAlgorithm?: AlgorithmName;
  version?: Uint8Array;
  serial?: Uint8Array;
  notBefore?: string | Uint8Array;
  notAfter?: string | Uint8Array;
  extensions?: Record<string, Uint8Array | null>;
  withoutExtensions?: boolean;
  between?: Uint8Array;
  tamper?: (der: Uint8Array) => Uint8Array;
}

/** A certificate with what its children need of it. */
export interface Forged {
  der: Uint8Array;
  subject: Uint8Array;
  serial: string;
  key: KeyName;
}

let lastSerial = 0x1000;

function timeOf(time: string | Uint8Array): Uint8Array {
  return typeof time === "string" ? derTime(new Date(time)) : time;
}

/** Makes a certificate; `spec` overrides `defaults`, extension by extension. */
export function forge(defaults: CertificateSpec, spec: CertificateSpec, parent?: Forged): Forged {
  const all = { ...defaults, ...spec };
  const extensions = { ...defaults.extensions, ...spec.extensions };
  const key = all.key ?? "leaf";
  const subject = all.subject ?? nameOf("subject");
  const serial = all.serial ?? derInteger(++lastSerial);
  const algorithm = ALGORITHMS[all.algorithm ?? "ed25519"];
  const list = Object.values(extensions).filter((one) => one !== null);
  const tail = all.withoutExtensions
    ? new Uint8Array()
    : derElement(constructedContextTag(3), derSequence(...list));
  const content = derSequence(
    all.version ?? derElement(constructedContextTag(0), derInteger(2)),
    serial,
    ALGORITHMS[all.innerAlgorithm ?? all.algorithm ?? "ed25519"].identifier,
    all.issuer ?? parent?.subject ?? subject,
    derSequence(timeOf(all.notBefore ?? "2026-01-01"), timeOf(all.notAfter ?? "2036-01-01")),
    subject,
    all.spki ?? keyOf(key).spki,
    all.between ?? new Uint8Array(),
    tail,
  );
  const signer = keyOf(all.signer ?? parent?.key ?? key);
  const signature = new Uint8Array(sign(algorithm.hash, content, signer.privateKey));
  const der = derSequence(content, algorithm.identifier, derBits(signature));
  const octets = serial.subarray(2);
  return {
    der: all.tamper?.(der) ?? der,
    subject,
    key,
    serial: octets.subarray(octets[0] === 0 ? 1 : 0).toHex(),
  };
}

/** Everything that a CRL can have otherwise. */
export interface CrlSpec {
  issuer: Forged;
  signer?: KeyName;
  issuerName?: Uint8Array;
  algorithm?: AlgorithmName;
  number?: number | null;
  revoked?: string[];
  entryExtensions?: Uint8Array;
  extensions?: Uint8Array[];
  version?: Uint8Array;
  thisUpdate?: string;
  nextUpdate?: string;
  tamper?: (der: Uint8Array) => Uint8Array;
}

/** Makes a CRL. */
export function forgeCrl(spec: CrlSpec): Uint8Array {
  const algorithm = ALGORITHMS[spec.algorithm ?? "ed25519"];
  const entries = (spec.revoked ?? []).map((serial) =>
    derSequence(
      derElement(DerTag.integer, Uint8Array.fromHex(serial)),
      derTime(new Date("2026-06-01")),
      spec.entryExtensions ?? new Uint8Array(),
    )
  );
  const number = spec.number === null ? [] : [extension("2.5.29.20", derInteger(spec.number ?? 1))];
  const content = derSequence(
    spec.version ?? derInteger(1),
    algorithm.identifier,
    spec.issuerName ?? spec.issuer.subject,
    derTime(new Date(spec.thisUpdate ?? "2026-06-01")),
    derTime(new Date(spec.nextUpdate ?? "2036-01-01")),
    entries.length > 0 ? derSequence(...entries) : new Uint8Array(),
    derElement(constructedContextTag(0), derSequence(...number, ...spec.extensions ?? [])),
  );
  const signer = keyOf(spec.signer ?? spec.issuer.key);
  const der = derSequence(
    content,
    algorithm.identifier,
    derBits(new Uint8Array(sign(algorithm.hash, content, signer.privateKey))),
  );
  return spec.tamper?.(der) ?? der;
}
