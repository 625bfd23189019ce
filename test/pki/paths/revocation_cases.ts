import { DerTag } from "../../../lib/pki/der_tag.ts";
import { derElement, derInteger, derSequence } from "../../../lib/pki/der_writer.ts";
import { extension, forgeCrl, keyUsage, nameOf } from "./forge.ts";
import type { PathCase } from "./path_case.ts";

const revoked = "cert-revoked", signature = "crl-signature";
const reason = (code: number, critical = false) =>
  derSequence(extension("2.5.29.21", derElement(DerTag.enumerated, Uint8Array.of(code)), critical));

/** Revocation: RFC 5280 §5 and §6.3. Lists that cannot be decoded are refused when they are loaded. */
export const revocationCases: PathCase[] = [
  {
    rule: "5280 §6.3",
    what: "a list that names nobody",
    expect: "valid",
    chain: { crls: ({ authorities }) => [forgeCrl({ issuer: authorities[0]! })] },
  },
  {
    rule: "5280 §6.3",
    what: "a list that names the leaf",
    expect: revoked,
    chain: {
      crls: ({ authorities, leaf }) => [forgeCrl({ issuer: authorities[0]!, revoked: [leaf.serial] })],
    },
  },
  {
    rule: "5280 §6.3",
    what: "a list that names another serial number",
    expect: "valid",
    chain: { crls: ({ authorities }) => [forgeCrl({ issuer: authorities[0]!, revoked: ["01"] })] },
  },
  {
    rule: "5280 §6.3",
    what: "the root's list names the authority",
    expect: revoked,
    chain: {
      crls: ({ root, authorities }) => [forgeCrl({ issuer: root, revoked: [authorities[0]!.serial] })],
    },
  },
  {
    rule: "5280 §6.3",
    what: "the root's list names the leaf's serial number, which is the authority's to revoke",
    expect: "valid",
    chain: { crls: ({ root, leaf }) => [forgeCrl({ issuer: root, revoked: [leaf.serial] })] },
  },
  {
    rule: "5280 §6.3",
    what: "both lists, the leaf is named",
    expect: revoked,
    chain: {
      crls: ({ root, authorities, leaf }) => [
        forgeCrl({ issuer: root }),
        forgeCrl({ issuer: authorities[0]!, revoked: [leaf.serial] }),
      ],
    },
  },
  {
    rule: "5280 §5.3.1",
    what: "revoked for a reason",
    expect: revoked,
    chain: {
      crls: ({ authorities, leaf }) => [
        forgeCrl({ issuer: authorities[0]!, revoked: [leaf.serial], entryExtensions: reason(1) }),
      ],
    },
  },
  {
    rule: "5280 §5.3.1",
    what: "on hold",
    expect: revoked,
    chain: {
      crls: ({ authorities, leaf }) => [
        forgeCrl({ issuer: authorities[0]!, revoked: [leaf.serial], entryExtensions: reason(6) }),
      ],
    },
  },
  {
    rule: "5280 §5.3.1",
    what: "a reason that does not exist",
    expect: "crl-malformed",
    chain: {
      crls: ({ authorities, leaf }) => [
        forgeCrl({ issuer: authorities[0]!, revoked: [leaf.serial], entryExtensions: reason(7) }),
      ],
    },
  },
  {
    rule: "5280 §5.3",
    what: "an entry with a critical extension that is not understood",
    expect: "crl-malformed",
    chain: {
      crls: ({ authorities, leaf }) => [
        forgeCrl({
          issuer: authorities[0]!,
          revoked: [leaf.serial],
          entryExtensions: derSequence(extension("2.5.29.29", derSequence(), true)),
        }),
      ],
    },
  },
  {
    rule: "5280 §6.3.3 (f)",
    what: "a list that another key signed",
    expect: signature,
    chain: { crls: ({ authorities }) => [forgeCrl({ issuer: authorities[0]!, signer: "stranger" })] },
  },
  {
    rule: "5280 §6.3.3 (f)",
    what: "a list whose signature is changed",
    expect: signature,
    chain: {
      crls: ({ authorities }) => [
        forgeCrl({
          issuer: authorities[0]!,
          tamper: (der) => {
            const changed = new Uint8Array(der);
            changed[changed.length - 1]! ^= 1;
            return changed;
          },
        }),
      ],
    },
  },
  {
    rule: "5280 §6.3.3 (b)",
    what: "a list of an authority of another name is not for this chain",
    expect: "valid",
    chain: {
      crls: ({ authorities, leaf }) => [
        forgeCrl({ issuer: authorities[0]!, issuerName: nameOf("Somebody"), revoked: [leaf.serial] }),
      ],
    },
  },
  {
    rule: "5280 §4.2.1.3",
    what: "a list of an authority that may sign none says nothing",
    expect: "valid",
    chain: {
      authorities: [{ extensions: { keyUsage: keyUsage("keyCertSign") } }],
      crls: ({ authorities, leaf }) => [forgeCrl({ issuer: authorities[0]!, revoked: [leaf.serial] })],
    },
  },
  {
    rule: "parley",
    what: "a list that has run out still revokes",
    expect: revoked,
    chain: {
      crls: ({ authorities, leaf }) => [
        forgeCrl({ issuer: authorities[0]!, revoked: [leaf.serial], nextUpdate: "2026-07-01" }),
      ],
    },
  },
  {
    rule: "5280 §5.1.1.2",
    what: "a list signed with an algorithm that is not allowed",
    expect: "cert-algorithm",
    chain: {
      root: { key: "rsa2048", algorithm: "rsaSha256" },
      authorities: [],
      leaf: { algorithm: "rsaSha256", extensions: { authorityKeyIdentifier: null } },
      crls: ({ root }) => [forgeCrl({ issuer: root, algorithm: "rsaSha1" })],
    },
  },
  {
    rule: "5280 §5.1.2.1",
    what: "a list of version 1",
    expect: "crl-malformed",
    chain: { crls: ({ root }) => [forgeCrl({ issuer: root, version: new Uint8Array() })] },
  },
  {
    rule: "5280 §5.2.3",
    what: "a list without number",
    expect: "crl-malformed",
    chain: { crls: ({ root }) => [forgeCrl({ issuer: root, number: null })] },
  },
  {
    rule: "5280 §5.2.4",
    what: "a list of changes only",
    expect: "crl-malformed",
    chain: {
      crls: (
        { root },
      ) => [forgeCrl({ issuer: root, extensions: [extension("2.5.29.27", derInteger(1), true)] })],
    },
  },
  {
    rule: "5280 §5.2.5",
    what: "a list of a distribution point",
    expect: "crl-malformed",
    chain: {
      crls: (
        { root },
      ) => [forgeCrl({ issuer: root, extensions: [extension("2.5.29.28", derSequence(), true)] })],
    },
  },
  {
    rule: "5280 §5.2",
    what: "a list with an extension that is not critical",
    expect: "valid",
    chain: {
      crls: ({ root }) => [forgeCrl({ issuer: root, extensions: [extension("1.2.3.4", derSequence())] })],
    },
  },
  {
    rule: "X.690 §10.1",
    what: "octets after the list",
    expect: "crl-malformed",
    chain: {
      crls: ({ root }) => [forgeCrl({ issuer: root, tamper: (der) => Uint8Array.from([...der, 0]) })],
    },
  },
];
