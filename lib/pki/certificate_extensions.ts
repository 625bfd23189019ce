import { DecodeError } from "../errors/mod.ts";
import { decodeUtf8 } from "../bytes/mod.ts";
import { DerReader } from "./der_reader.ts";
import { contextTag, DerTag } from "./der_tag.ts";
import { formatIpAddress } from "./ip_address.ts";

/** What a key may be used for, by the RFC's name. */
export type KeyUsageName =
  | "digitalSignature"
  | "nonRepudiation"
  | "keyEncipherment"
  | "dataEncipherment"
  | "keyAgreement"
  | "keyCertSign"
  | "cRLSign"
  | "encipherOnly"
  | "decipherOnly";

/** RFC 5280 §4.2.1.3, in the order of the bits. */
const KEY_USAGES: readonly KeyUsageName[] = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];

/** Object identifiers of extended key usages (RFC 5280 §4.2.1.12). */
export const ExtendedKeyUsage = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** A subjectAltName (RFC 5280 §4.2.1.6). */
export interface SubjectAltNames {
  /** uniformResourceIdentifier entries. */
  uris: string[];
  /** dNSName entries. */
  dnsNames: string[];
  /** iPAddress entries as text. */
  ipAddresses: string[];
  /** How many entries of other kinds there are. */
  otherCount: number;
}

/** The extensions of a certificate that parley understands, and the names of critical ones it does not. */
export interface CertificateExtensions {
  /** basicConstraints. */
  basicConstraints?: { isCa: boolean; pathLength?: number };
  /** keyUsage. */
  keyUsage?: KeyUsageName[];
  /** extendedKeyUsage, object identifiers. */
  extendedKeyUsage?: string[];
  /** subjectAltName. */
  subjectAltNames?: SubjectAltNames;
  /** subjectKeyIdentifier. */
  subjectKeyIdentifier?: Uint8Array;
  /** The key identifier of authorityKeyIdentifier. */
  authorityKeyIdentifier?: Uint8Array;
  /** Object identifiers of extensions that must be understood and are not. */
  notUnderstood: string[];
}

/** One extension (RFC 5280 §4.2), its value not yet decoded. */
export interface Extension {
  /** Object identifier. */
  oid: string;
  /** Whether one who does not understand it must refuse. */
  critical: boolean;
  /** The content of extnValue. */
  value: Uint8Array;
}

/** Name constraints narrow what a CA may issue: ignoring them would widen it, critical or not. */
const NAME_CONSTRAINTS = "2.5.29.30";
const MAX_EXTENSIONS = 32;
const MAX_NAMES = 128;
/** registeredID, the last kind of GeneralName. */
const MAX_NAME_KIND = 8;

/**
 * Reads `Extensions`, each at most once.
 *
 * @throws {DecodeError} `der-malformed` and what else the DER reader throws
 */
export function readExtensions(list: DerReader): Extension[] {
  const extensions: Extension[] = [];
  while (!list.atEnd) {
    const reader = list.sequence("extension");
    const oid = reader.oid("extension");
    const critical = readDefaultFalse(reader, "critical");
    const value = reader.octets("extension");
    reader.end("extension");
    if (extensions.some((one) => one.oid === oid) || extensions.length === MAX_EXTENSIONS) {
      throw new DecodeError("der-malformed", `cannot decode extensions: ${oid} is one too many`);
    }
    extensions.push({ oid, critical, value });
  }
  return extensions;
}

/**
 * Decodes the extensions of a certificate.
 *
 * @throws {DecodeError} `der-malformed` and what else the DER reader throws
 */
export function decodeCertificateExtensions(extensions: Extension[]): CertificateExtensions {
  const out: CertificateExtensions = { notUnderstood: [] };
  for (const { oid, critical, value } of extensions) {
    const decode = DECODERS[oid];
    if (decode !== undefined) {
      const reader = new DerReader(value);
      decode(reader, out);
      reader.end("extension");
    } else if (critical || oid === NAME_CONSTRAINTS) {
      out.notUnderstood.push(oid);
    }
  }
  return out;
}

const DECODERS: Record<string, (reader: DerReader, out: CertificateExtensions) => void> = {
  "2.5.29.14": (reader, out) => {
    out.subjectKeyIdentifier = reader.octets("subjectKeyIdentifier");
  },
  "2.5.29.15": (reader, out) => {
    out.keyUsage = readKeyUsage(reader);
  },
  "2.5.29.17": (reader, out) => {
    out.subjectAltNames = readSubjectAltNames(reader.sequence("subjectAltName"));
  },
  "2.5.29.19": (reader, out) => {
    out.basicConstraints = readBasicConstraints(reader.sequence("basicConstraints"));
  },
  "2.5.29.35": (reader, out) => {
    const identifier = readAuthorityKeyIdentifier(reader);
    if (identifier !== undefined) out.authorityKeyIdentifier = identifier;
  },
  "2.5.29.37": (reader, out) => {
    const usages = reader.sequence("extendedKeyUsage");
    if (usages.atEnd) throw malformed("extendedKeyUsage", "it is empty");
    out.extendedKeyUsage = [];
    while (!usages.atEnd) out.extendedKeyUsage.push(usages.oid("extendedKeyUsage"));
  },
};

/** X.690 §11.5: DER leaves out what is the default. */
function readDefaultFalse(reader: DerReader, field: string): boolean {
  if (reader.nextTag !== DerTag.boolean) return false;
  if (reader.boolean(field)) return true;
  throw malformed(field, "FALSE is the default and may not stand there");
}

function readBasicConstraints(reader: DerReader): { isCa: boolean; pathLength?: number } {
  const isCa = readDefaultFalse(reader, "cA");
  const pathLength = reader.nextTag === DerTag.integer ? reader.smallInteger("pathLenConstraint") : undefined;
  reader.end("basicConstraints");
  // RFC 5280 §4.2.1.9: a path length belongs to an authority.
  if (pathLength !== undefined && !isCa) {
    throw malformed("pathLenConstraint", "it stands in what is no authority");
  }
  return pathLength === undefined ? { isCa } : { isCa, pathLength };
}

function readKeyUsage(reader: DerReader): KeyUsageName[] {
  const { octets } = reader.bits("keyUsage");
  // RFC 5280 §4.2.1.3
  if (octets.every((octet) => octet === 0)) throw malformed("keyUsage", "it allows nothing");
  return KEY_USAGES.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

/** RFC 5280 §4.2.1.1; undefined where it names the issuer in another way than by its key. */
function readAuthorityKeyIdentifier(reader: DerReader): Uint8Array | undefined {
  const sequence = reader.sequence("authorityKeyIdentifier");
  const identifier = sequence.optional(contextTag(0), "authorityKeyIdentifier")?.content;
  while (!sequence.atEnd) sequence.any("authorityKeyIdentifier");
  return identifier;
}

function readSubjectAltNames(reader: DerReader): SubjectAltNames {
  const names: SubjectAltNames = { uris: [], dnsNames: [], ipAddresses: [], otherCount: 0 };
  if (reader.atEnd) throw malformed("subjectAltName", "it is empty");
  for (let count = 0; !reader.atEnd; count++) {
    if (count === MAX_NAMES) throw malformed("subjectAltName", "too long");
    const { tag, content, offset } = reader.any("subjectAltName");
    if (tag === contextTag(6)) names.uris.push(decodeUtf8(content));
    else if (tag === contextTag(2)) names.dnsNames.push(decodeUtf8(content));
    else if (tag === contextTag(7)) {
      if (content.length !== 4 && content.length !== 16) {
        throw new DecodeError("der-malformed", "cannot decode iPAddress: wrong length", { offset });
      }
      names.ipAddresses.push(formatIpAddress(content));
    } else if ((tag & 0xc0) === contextTag(0) && (tag & 0x1f) <= MAX_NAME_KIND) names.otherCount++;
    else throw new DecodeError("der-malformed", "cannot decode subjectAltName: unknown kind", { offset });
  }
  return names;
}

function malformed(field: string, reason: string): DecodeError {
  return new DecodeError("der-malformed", `cannot decode ${field}: ${reason}`, { field });
}
