import { constructedContextTag, contextTag, DerTag } from "../../../lib/pki/der_tag.ts";
import {
  derBits,
  derElement,
  derInteger,
  derOctets,
  derOid,
  derSequence,
} from "../../../lib/pki/der_writer.ts";
import { altNames, extension, FALSE, generalName, nameOf, subjectKeyIdentifier, TRUE, uri } from "./forge.ts";
import type { PathCase } from "./path_case.ts";

const malformed = "cert-malformed";
const version = (value: number) => derElement(constructedContextTag(0), derInteger(value));
const integer = (...octets: number[]) => derElement(DerTag.integer, Uint8Array.from(octets));
const text = (tag: number, value: string) => derElement(tag, new TextEncoder().encode(value));
const leafExtension = (one: Uint8Array) => ({ leaf: { extensions: { more: one } } });

/** What a certificate has to look like: RFC 5280 §4.1 and §4.2, and X.690. */
export const formCases: PathCase[] = [
  { rule: "5280 §4.1.2.1", what: "version 3", expect: "valid", chain: {} },
  {
    rule: "5280 §4.1.2.1",
    what: "version 1 with extensions",
    expect: malformed,
    chain: { leaf: { version: version(0) } },
  },
  { rule: "5280 §4.1.2.1", what: "version 2", expect: malformed, chain: { leaf: { version: version(1) } } },
  { rule: "5280 §4.1.2.1", what: "version 4", expect: malformed, chain: { leaf: { version: version(3) } } },
  {
    rule: "5280 §4.1.2.1",
    what: "version 1, no version and no extensions",
    expect: malformed,
    chain: { leaf: { version: new Uint8Array(), withoutExtensions: true } },
  },
  {
    rule: "5280 §4.1.2.1",
    what: "version 1 authority",
    expect: malformed,
    chain: { authorities: [{ version: new Uint8Array(), withoutExtensions: true }] },
  },
  {
    rule: "5280 §4.1.2.2",
    what: "serial number 0",
    expect: malformed,
    chain: { leaf: { serial: integer(0) } },
  },
  {
    rule: "5280 §4.1.2.2",
    what: "negative serial number",
    expect: malformed,
    chain: { leaf: { serial: integer(0x80, 1) } },
  },
  {
    rule: "5280 §4.1.2.2",
    what: "serial number of 20 octets",
    expect: "valid",
    chain: { leaf: { serial: integer(...new Array(20).fill(0x7f)) } },
  },
  {
    rule: "5280 §4.1.2.2",
    what: "serial number of 21 octets",
    expect: malformed,
    chain: { leaf: { serial: integer(...new Array(21).fill(0x7f)) } },
  },
  {
    rule: "X.690 §8.3.2",
    what: "serial number with a leading zero octet",
    expect: malformed,
    chain: { leaf: { serial: integer(0, 0x7f) } },
  },
  {
    rule: "X.690 §8.3.2",
    what: "serial number without octets",
    expect: malformed,
    chain: { leaf: { serial: integer() } },
  },
  {
    rule: "5280 §4.1.1.2",
    what: "another algorithm inside than outside",
    expect: malformed,
    chain: { leaf: { innerAlgorithm: "ecdsaSha256" } },
  },
  {
    rule: "5280 §4.1.2.4",
    what: "empty issuer",
    expect: malformed,
    chain: { leaf: { issuer: derSequence() } },
  },
  {
    rule: "5280 §4.1.2.6",
    what: "empty subject of a leaf that has subjectAltName",
    expect: "valid",
    chain: { leaf: { subject: derSequence() } },
  },
  {
    rule: "5280 §4.1.2.5",
    what: "GeneralizedTime for a year before 2050",
    expect: malformed,
    chain: { leaf: { notBefore: text(DerTag.generalizedTime, "20260101000000Z") } },
  },
  {
    rule: "5280 §4.1.2.5",
    what: "GeneralizedTime for a year from 2050 on",
    expect: "valid",
    chain: { leaf: { notAfter: "2060-01-01" } },
  },
  {
    rule: "5280 §4.1.2.5",
    what: "GeneralizedTime without seconds",
    expect: malformed,
    chain: { leaf: { notAfter: text(DerTag.generalizedTime, "206001010000Z") } },
  },
  {
    rule: "5280 §4.1.2.5.2",
    what: "GeneralizedTime with fractions of a second",
    expect: malformed,
    chain: { leaf: { notAfter: text(DerTag.generalizedTime, "20600101000000.5Z") } },
  },
  {
    rule: "5280 §4.1.2.5.1",
    what: "UTCTime without seconds",
    expect: malformed,
    chain: { leaf: { notAfter: text(DerTag.utcTime, "3601010000Z") } },
  },
  {
    rule: "5280 §4.1.2.5.1",
    what: "UTCTime with an offset",
    expect: malformed,
    chain: { leaf: { notAfter: text(DerTag.utcTime, "360101000000+0100") } },
  },
  {
    rule: "5280 §4.1.2.5",
    what: "30 February",
    expect: malformed,
    chain: { leaf: { notAfter: text(DerTag.utcTime, "360230000000Z") } },
  },
  {
    rule: "5280 §4.1.2.5",
    what: "a time that is an INTEGER",
    expect: malformed,
    chain: { leaf: { notAfter: integer(1) } },
  },
  {
    rule: "5280 §4.1.2.8",
    what: "unique identifiers of issuer and subject",
    expect: "valid",
    chain: {
      leaf: {
        between: Uint8Array.from([
          ...derElement(contextTag(1), Uint8Array.of(0, 1)),
          ...derElement(contextTag(2), Uint8Array.of(0, 1)),
        ]),
      },
    },
  },
  {
    rule: "5280 §4.1",
    what: "something unknown between key and extensions",
    expect: malformed,
    chain: { leaf: { between: derElement(contextTag(4), Uint8Array.of(0)) } },
  },
  {
    rule: "5280 §4.1.2.9",
    what: "no extensions in a leaf",
    expect: "cert-usage",
    chain: { leaf: { withoutExtensions: true } },
  },
  {
    rule: "5280 §4.1.2.9",
    what: "an empty list of extensions",
    expect: "cert-usage",
    chain: {
      leaf: {
        extensions: {
          keyUsage: null,
          extendedKeyUsage: null,
          subjectAltName: null,
          authorityKeyIdentifier: null,
        },
      },
    },
  },
  {
    rule: "5280 §4.2",
    what: "the same extension twice",
    expect: malformed,
    chain: leafExtension(altNames(uri("parley:bob/phone"))),
  },
  {
    rule: "5280 §4.2",
    what: "an unknown extension twice",
    expect: malformed,
    chain: {
      leaf: { extensions: { one: extension("1.2.3.4", nothing()), two: extension("1.2.3.4", nothing()) } },
    },
  },
  {
    rule: "5280 §4.2",
    what: "an unknown critical extension",
    expect: "cert-extension",
    chain: leafExtension(extension("1.2.3.4", nothing(), true)),
  },
  {
    rule: "5280 §4.2",
    what: "an unknown extension that is not critical",
    expect: "valid",
    chain: leafExtension(extension("1.2.3.4", nothing())),
  },
  {
    rule: "5280 §4.2",
    what: "an unknown critical extension in an authority",
    expect: "cert-extension",
    chain: { authorities: [{ extensions: { more: extension("1.2.3.4", nothing(), true) } }] },
  },
  {
    rule: "5280 §4.2",
    what: "an unknown critical extension in the root",
    expect: "cert-extension",
    chain: { root: { extensions: { more: extension("1.2.3.4", nothing(), true) } } },
  },
  {
    rule: "5280 §4.2",
    what: "policyConstraints, critical, which are not understood",
    expect: "cert-extension",
    chain: { authorities: [{ extensions: { more: extension("2.5.29.36", derSequence(), true) } }] },
  },
  {
    rule: "X.690 §11.5",
    what: "critical FALSE written out",
    expect: malformed,
    chain: leafExtension(derSequence(derOid("1.2.3.4"), FALSE, derOctets(nothing()))),
  },
  {
    rule: "X.690 §11.1",
    what: "critical that is neither 00 nor FF",
    expect: malformed,
    chain: leafExtension(
      derSequence(derOid("1.2.3.4"), derElement(DerTag.boolean, Uint8Array.of(1)), derOctets(nothing())),
    ),
  },
  {
    rule: "5280 §4.2",
    what: "an extension with something after its value",
    expect: malformed,
    chain: leafExtension(derSequence(derOid("1.2.3.4"), derOctets(nothing()), nothing())),
  },
  {
    rule: "5280 §4.2.1.2",
    what: "subjectKeyIdentifier with something after it",
    expect: malformed,
    chain: leafExtension(extension("2.5.29.14", Uint8Array.from([...derOctets(nothing()), 5, 0]))),
  },
  {
    rule: "5280 §4.2.1.2",
    what: "subjectKeyIdentifier that is no OCTET STRING",
    expect: malformed,
    chain: leafExtension(extension("2.5.29.14", nothing())),
  },
  {
    rule: "5280 §4.2.1.3",
    what: "keyUsage that allows nothing",
    expect: malformed,
    chain: {
      leaf: {
        extensions: {
          keyUsage: extension("2.5.29.15", derElement(DerTag.bitString, Uint8Array.of(7, 0)), true),
        },
      },
    },
  },
  {
    rule: "X.690 §11.2",
    what: "keyUsage with unused bits that are set",
    expect: malformed,
    chain: {
      leaf: {
        extensions: {
          keyUsage: extension("2.5.29.15", derElement(DerTag.bitString, Uint8Array.of(7, 0x81)), true),
        },
      },
    },
  },
  {
    rule: "5280 §4.2.1.6",
    what: "empty subjectAltName",
    expect: malformed,
    chain: { leaf: { extensions: { subjectAltName: altNames() } } },
  },
  {
    rule: "5280 §4.2.1.6",
    what: "iPAddress of 5 octets",
    expect: malformed,
    chain: {
      leaf: { extensions: { subjectAltName: altNames(generalName(7, Uint8Array.of(1, 2, 3, 4, 5))) } },
    },
  },
  {
    rule: "5280 §4.2.1.6",
    what: "a kind of name that does not exist",
    expect: malformed,
    chain: { leaf: { extensions: { subjectAltName: altNames(generalName(14, "x")) } } },
  },
  {
    rule: "5280 §4.2.1.6",
    what: "129 names",
    expect: malformed,
    chain: {
      leaf: {
        extensions: {
          subjectAltName: altNames(...Array.from({ length: 129 }, (_, at) => uri(`parley:a/${at}`))),
        },
      },
    },
  },
  {
    rule: "5280 §4.2.1.12",
    what: "empty extendedKeyUsage",
    expect: malformed,
    chain: { leaf: { extensions: { extendedKeyUsage: extension("2.5.29.37", derSequence()) } } },
  },
  {
    rule: "5280 §4.2.1.9",
    what: "cA FALSE written out",
    expect: malformed,
    chain: leafExtension(extension("2.5.29.19", derSequence(FALSE))),
  },
  {
    rule: "5280 §4.2.1.9",
    what: "a path length in what is no authority",
    expect: malformed,
    chain: leafExtension(extension("2.5.29.19", derSequence(derInteger(0)))),
  },
  {
    rule: "5280 §4.2.1.9",
    what: "basicConstraints with something after them",
    expect: malformed,
    chain: leafExtension(extension("2.5.29.19", derSequence(TRUE, derInteger(0), derInteger(0)))),
  },
  {
    rule: "X.690 §10.1",
    what: "octets after the certificate",
    expect: malformed,
    chain: { leaf: { tamper: (der) => Uint8Array.from([...der, 0]) } },
  },
  {
    rule: "X.690 §10.1",
    what: "a length of indefinite form",
    expect: malformed,
    chain: { leaf: { tamper: (der) => Uint8Array.from([0x30, 0x80, ...der.subarray(4), 0, 0]) } },
  },
  {
    rule: "X.690 §10.1",
    what: "a length that is longer than it need be",
    expect: malformed,
    chain: { leaf: { tamper: (der) => Uint8Array.from([0x30, 0x83, 0, ...der.subarray(2)]) } },
  },
  {
    rule: "5280 §4.1",
    what: "a certificate that is cut off",
    expect: malformed,
    chain: { leaf: { tamper: (der) => der.subarray(0, -1) } },
  },
  {
    rule: "5280 §4.1",
    what: "no octets",
    expect: malformed,
    chain: { leaf: { tamper: () => new Uint8Array() } },
  },
  {
    rule: "5280 §4.1",
    what: "a certificate of more than 16 KiB",
    expect: malformed,
    chain: leafExtension(extension("1.2.3.4", derOctets(new Uint8Array(17_000)))),
  },
  {
    rule: "5280 §4.1.1.3",
    what: "a signature that is no whole number of octets",
    expect: malformed,
    chain: {
      leaf: {
        tamper: (der) => {
          const changed = new Uint8Array(der);
          changed[der.length - 65] = 1;
          changed[der.length - 1]! &= 0xfe;
          return changed;
        },
      },
    },
  },
  {
    rule: "5280 §4.1.2.7",
    what: "a key that is no structure of keys",
    expect: malformed,
    chain: { leaf: { spki: derSequence(derInteger(1)) } },
  },
  {
    rule: "8410 §4",
    what: "an Ed25519 key of 31 octets",
    expect: malformed,
    chain: { leaf: { spki: derSequence(derSequence(derOid("1.3.101.112")), derBits(new Uint8Array(31))) } },
  },
  {
    rule: "5280 §4.2.1.2",
    what: "another subjectKeyIdentifier than the key's hash",
    expect: "valid",
    chain: leafExtension(subjectKeyIdentifier(Uint8Array.of(1, 2, 3))),
  },
  {
    rule: "5280 §4.1.2.6",
    what: "two certificates with the same subject",
    expect: "valid",
    chain: { leaf: { subject: nameOf("Authority 1") } },
  },
];

function nothing(): Uint8Array {
  return derElement(DerTag.null);
}
