import { DerTag } from "../../../lib/pki/der_tag.ts";
import { derElement, derOctets, derSequence } from "../../../lib/pki/der_writer.ts";
import {
  authorityKeyIdentifier,
  basicConstraints,
  CLIENT_AUTH,
  extendedKeyUsage,
  extension,
  generalName,
  keyUsage,
  nameOf,
  SERVER_AUTH,
} from "./forge.ts";
import type { PathCase } from "./path_case.ts";

const usage = "cert-usage", untrusted = "cert-untrusted", signature = "cert-signature";
const issuing = (extensions: Record<string, Uint8Array | null>) => ({ authorities: [{ extensions }] });
const flip = (der: Uint8Array) => {
  const changed = new Uint8Array(der);
  changed[changed.length - 1]! ^= 1;
  return changed;
};

/** How certificates hang together: RFC 5280 §6.1, §4.2.1.1, §4.2.1.9, §4.2.1.10. */
export const authorityCases: PathCase[] = [
  { rule: "5280 §6.1", what: "leaf by the root", expect: "valid", chain: { authorities: [] } },
  { rule: "5280 §6.1", what: "one authority between", expect: "valid", chain: {} },
  { rule: "5280 §6.1", what: "two authorities between", expect: "valid", chain: { authorities: [{}, {}] } },
  {
    rule: "5280 §6.1",
    what: "the root is shown too",
    expect: "valid",
    chain: { show: ({ root, authorities, leaf }) => [leaf.der, authorities[0]!.der, root.der] },
  },
  {
    rule: "5280 §6.1.1",
    what: "no root is trusted",
    expect: untrusted,
    chain: { trust: () => [] },
  },
  {
    rule: "5280 §6.1.1",
    what: "another root of another name is trusted",
    expect: untrusted,
    chain: { trust: ({ leaf }) => [leaf.der] },
  },
  {
    rule: "5280 §6.1.1",
    what: "the issuing authority itself is trusted",
    expect: "valid",
    chain: { trust: ({ authorities }) => [authorities[0]!.der], show: ({ leaf }) => [leaf.der] },
  },
  {
    rule: "5280 §6.1",
    what: "the authority between is missing",
    expect: untrusted,
    chain: { show: ({ leaf }) => [leaf.der] },
  },
  {
    rule: "5280 §6.1",
    what: "the authority between is missing and known",
    expect: "valid",
    chain: { show: ({ leaf }) => [leaf.der], intermediates: ({ authorities }) => [authorities[0]!.der] },
  },
  {
    rule: "5280 §6.1",
    what: "two authorities are missing and known",
    expect: "valid",
    chain: {
      authorities: [{}, {}],
      show: ({ leaf }) => [leaf.der],
      intermediates: ({ authorities }) => authorities.map(({ der }) => der),
    },
  },
  {
    rule: "5280 §6.1",
    what: "a known authority is no root",
    expect: untrusted,
    chain: {
      trust: () => [],
      show: ({ leaf }) => [leaf.der],
      intermediates: ({ authorities }) => [authorities[0]!.der],
    },
  },
  {
    rule: "5280 §6.1",
    what: "a known authority that the root has not signed",
    expect: signature,
    chain: {
      authorities: [{ signer: "stranger" }],
      show: ({ leaf }) => [leaf.der],
      intermediates: ({ authorities }) => [authorities[0]!.der],
    },
  },
  {
    rule: "5280 §6.1",
    what: "in the wrong order",
    expect: untrusted,
    chain: {
      authorities: [{}, {}],
      show: ({ authorities, leaf }) => [leaf.der, ...authorities.map(({ der }) => der)],
    },
  },
  {
    rule: "5280 §6.1",
    what: "the leaf last",
    expect: untrusted,
    chain: { show: ({ authorities, leaf }) => [authorities[0]!.der, leaf.der] },
  },
  {
    rule: "5280 §6.1",
    what: "a certificate that does not belong there, at the end",
    expect: untrusted,
    chain: { show: ({ authorities, leaf }) => [leaf.der, authorities[0]!.der, leaf.der] },
  },
  {
    rule: "5280 §6.1",
    what: "a certificate that does not belong there, within",
    expect: untrusted,
    chain: { show: ({ authorities, leaf }) => [leaf.der, leaf.der, authorities[0]!.der] },
  },
  { rule: "5280 §6.1", what: "no certificate", expect: "cert-malformed", chain: { show: () => [] } },
  {
    rule: "5280 §6.1",
    what: "seven certificates",
    expect: "cert-malformed",
    chain: { show: ({ leaf }) => new Array(7).fill(leaf.der) },
  },
  {
    rule: "5280 §6.1",
    what: "a loop of known authorities",
    expect: untrusted,
    chain: {
      root: { subject: nameOf("Far away") },
      authorities: [{ issuer: nameOf("Authority 2") }, {}],
      show: ({ leaf }) => [leaf.der],
      intermediates: ({ authorities }) => authorities.map(({ der }) => der),
    },
  },
  {
    rule: "5280 §6.1.3 (a)(1)",
    what: "the leaf's signature is another key's",
    expect: signature,
    chain: { leaf: { signer: "stranger" } },
  },
  {
    rule: "5280 §6.1.3 (a)(1)",
    what: "the leaf's signature is changed",
    expect: signature,
    chain: { leaf: { tamper: flip } },
  },
  {
    rule: "5280 §6.1.3 (a)(1)",
    what: "the authority's signature is changed",
    expect: signature,
    chain: { authorities: [{ tamper: flip }] },
  },
  {
    rule: "5280 §6.1.3 (a)(1)",
    what: "the authority is signed by itself under the root's name",
    expect: signature,
    chain: { authorities: [{ signer: "issuing" }] },
  },
  {
    rule: "5280 §6.1.3 (a)(1)",
    what: "the leaf is signed by itself under the authority's name",
    expect: signature,
    chain: { leaf: { signer: "leaf" } },
  },
  {
    rule: "5280 §6.1",
    what: "the signature of the root on itself is not looked at: it is trusted",
    expect: "valid",
    chain: { root: { signer: "stranger" } },
  },
  {
    rule: "5280 §6.1.3 (a)(4)",
    what: "the leaf names another issuer",
    expect: untrusted,
    chain: { leaf: { issuer: nameOf("Somebody") } },
  },
  {
    rule: "5280 §6.1.3 (a)(4)",
    what: "the leaf names its issuer in another case",
    expect: untrusted,
    chain: { leaf: { issuer: nameOf("AUTHORITY 1") } },
  },
  {
    rule: "5280 §6.1.3 (a)(4)",
    what: "the authority names another issuer",
    expect: untrusted,
    chain: { authorities: [{ issuer: nameOf("Somebody") }] },
  },
  {
    rule: "5280 §6.1",
    what: "a leaf that signed itself",
    expect: untrusted,
    chain: { leaf: { issuer: nameOf("leaf"), signer: "leaf" }, show: ({ leaf }) => [leaf.der] },
  },
  {
    rule: "5280 §6.1",
    what: "a false root of the same name",
    expect: untrusted,
    chain: {
      authorities: [{
        subject: nameOf("Root"),
        signer: "issuing",
        extensions: { subjectKeyIdentifier: null },
      }],
    },
  },
  {
    rule: "5280 §4.2.1.1",
    what: "authorityKeyIdentifier of another key",
    expect: untrusted,
    chain: { leaf: { extensions: { authorityKeyIdentifier: authorityKeyIdentifier(Uint8Array.of(1)) } } },
  },
  {
    rule: "5280 §4.2.1.1",
    what: "no authorityKeyIdentifier",
    expect: "valid",
    chain: { leaf: { extensions: { authorityKeyIdentifier: null } } },
  },
  {
    rule: "5280 §4.2.1.1",
    what: "authorityKeyIdentifier that names the issuer without its key",
    expect: "valid",
    chain: { leaf: { extensions: { authorityKeyIdentifier: extension("2.5.29.35", derSequence()) } } },
  },
  {
    rule: "5280 §4.2.1.2",
    what: "authority without subjectKeyIdentifier",
    expect: "valid",
    chain: issuing({ subjectKeyIdentifier: null }),
  },
  {
    rule: "5280 §6.1.4 (k)",
    what: "authority without basicConstraints",
    expect: usage,
    chain: issuing({ basicConstraints: null }),
  },
  {
    rule: "5280 §6.1.4 (k)",
    what: "authority that says it is none",
    expect: usage,
    chain: issuing({ basicConstraints: basicConstraints(false) }),
  },
  {
    rule: "5280 §6.1.4 (k)",
    what: "root without basicConstraints",
    expect: usage,
    chain: { root: { extensions: { basicConstraints: null } } },
  },
  {
    rule: "5280 §4.2.1.9",
    what: "basicConstraints that are not critical",
    expect: "valid",
    chain: issuing({ basicConstraints: basicConstraints(true, undefined, false) }),
  },
  {
    rule: "5280 §6.1.4 (n)",
    what: "authority without keyCertSign",
    expect: usage,
    chain: issuing({ keyUsage: keyUsage("cRLSign") }),
  },
  {
    rule: "5280 §6.1.4 (n)",
    what: "authority without keyUsage",
    expect: usage,
    chain: issuing({ keyUsage: null }),
  },
  {
    rule: "5280 §6.1.4 (n)",
    what: "root without keyCertSign",
    expect: usage,
    chain: { root: { extensions: { keyUsage: keyUsage("digitalSignature") } } },
  },
  {
    rule: "5280 §6.1.4 (n)",
    what: "authority whose key may sign other things too",
    expect: "valid",
    chain: issuing({ keyUsage: keyUsage("digitalSignature", "keyCertSign", "cRLSign") }),
  },
  {
    rule: "5280 §6.1.4 (k)",
    what: "a leaf that signed another leaf",
    expect: usage,
    chain: issuing({
      basicConstraints: null,
      keyUsage: keyUsage("digitalSignature"),
      extendedKeyUsage: extendedKeyUsage(CLIENT_AUTH),
    }),
  },
  {
    rule: "5280 §4.2.1.9",
    what: "path length 0 above a leaf",
    expect: "valid",
    chain: { root: { extensions: { basicConstraints: basicConstraints(true, 0) } }, authorities: [] },
  },
  {
    rule: "5280 §4.2.1.9",
    what: "path length 0 above an authority",
    expect: "cert-path-length",
    chain: { root: { extensions: { basicConstraints: basicConstraints(true, 0) } } },
  },
  {
    rule: "5280 §4.2.1.9",
    what: "path length 1 above one authority",
    expect: "valid",
    chain: { root: { extensions: { basicConstraints: basicConstraints(true, 1) } } },
  },
  {
    rule: "5280 §4.2.1.9",
    what: "path length 1 above two authorities",
    expect: "cert-path-length",
    chain: { root: { extensions: { basicConstraints: basicConstraints(true, 1) } }, authorities: [{}, {}] },
  },
  {
    rule: "5280 §6.1.4 (l)",
    what: "path length 0 of an authority between, above another",
    expect: "cert-path-length",
    chain: { authorities: [{ extensions: { basicConstraints: basicConstraints(true, 0) } }, {}] },
  },
  {
    rule: "5280 §6.1.4 (l)",
    what: "a longer path length below a shorter one",
    expect: "cert-path-length",
    chain: {
      root: { extensions: { basicConstraints: basicConstraints(true, 1) } },
      authorities: [{ extensions: { basicConstraints: basicConstraints(true, 9) } }, {}],
    },
  },
  {
    rule: "5280 §6.1.4 (l), stricter",
    what: "an authority that issued itself anew counts as one",
    expect: "cert-path-length",
    chain: {
      root: { extensions: { basicConstraints: basicConstraints(true, 1) } },
      authorities: [{}, { subject: nameOf("Authority 1") }],
    },
  },
  {
    rule: "5280 §4.2.1.9",
    what: "negative path length",
    expect: "cert-malformed",
    chain: issuing({
      basicConstraints: extension(
        "2.5.29.19",
        derSequence(
          derElement(DerTag.boolean, Uint8Array.of(0xff)),
          derElement(DerTag.integer, Uint8Array.of(0xff)),
        ),
        true,
      ),
    }),
  },
  {
    rule: "5280 §4.2.1.10, stricter",
    what: "name constraints, critical",
    expect: "cert-extension",
    chain: issuing({ nameConstraints: extension("2.5.29.30", derSequence(), true) }),
  },
  {
    rule: "5280 §4.2.1.10, stricter",
    what: "name constraints that are not critical",
    expect: "cert-extension",
    chain: issuing({ nameConstraints: extension("2.5.29.30", derSequence()) }),
  },
  {
    rule: "5280 §4.2.1.10, stricter",
    what: "name constraints in the root",
    expect: "cert-extension",
    chain: { root: { extensions: { nameConstraints: extension("2.5.29.30", derSequence()) } } },
  },
  {
    rule: "5280 §4.2.1.10, stricter",
    what: "name constraints that the leaf keeps to",
    expect: "cert-extension",
    chain: issuing({
      nameConstraints: extension(
        "2.5.29.30",
        derSequence(derElement(0xa0, derSequence(generalName(2, "example.org")))),
        true,
      ),
    }),
  },
  {
    rule: "5280 §4.2.1.4",
    what: "certificate policies that are not critical",
    expect: "valid",
    chain: issuing({ policies: extension("2.5.29.32", derSequence()) }),
  },
  {
    rule: "5280 §4.2.1.12",
    what: "an authority for devices only, and a device",
    expect: "valid",
    chain: issuing({ extendedKeyUsage: extendedKeyUsage(CLIENT_AUTH) }),
  },
  {
    rule: "5280 §4.2.1.12",
    what: "an authority for servers only, and a device",
    expect: usage,
    chain: issuing({ extendedKeyUsage: extendedKeyUsage(SERVER_AUTH) }),
  },
  {
    rule: "5280 §4.2.1.12",
    what: "an authority for both, and a device",
    expect: "valid",
    chain: issuing({ extendedKeyUsage: extendedKeyUsage(SERVER_AUTH, CLIENT_AUTH) }),
  },
  {
    rule: "5280 §4.2.1.12, stricter",
    what: "an authority for any usage, by the object identifier that says so",
    expect: usage,
    chain: issuing({ extendedKeyUsage: extendedKeyUsage("2.5.29.37.0") }),
  },
  {
    rule: "5280 §4.2.1.12",
    what: "a root for servers only, and a device",
    expect: usage,
    chain: { root: { extensions: { extendedKeyUsage: extendedKeyUsage(SERVER_AUTH) } } },
  },
  {
    rule: "5280 §6.1",
    what: "a key identifier that is empty in both",
    expect: "valid",
    chain: {
      authorities: [{
        extensions: { subjectKeyIdentifier: extension("2.5.29.14", derOctets(new Uint8Array())) },
      }],
      leaf: { extensions: { authorityKeyIdentifier: authorityKeyIdentifier(new Uint8Array()) } },
    },
  },
];
