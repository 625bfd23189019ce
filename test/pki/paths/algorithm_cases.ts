import { derOid, derSequence } from "../../../lib/pki/der_writer.ts";
import { derBits } from "../../../lib/pki/der_writer.ts";
import type { AlgorithmName, KeyName } from "./forge.ts";
import type { ChainSpec, PathCase } from "./path_case.ts";

const algorithm = "cert-algorithm";
/** A root with this key that signs the leaf in this way. */
const rootWith = (key: KeyName, name: AlgorithmName): ChainSpec => ({
  root: { key, algorithm: name },
  authorities: [],
  leaf: { algorithm: name, extensions: { authorityKeyIdentifier: null } },
});
const leafWith = (key: KeyName): ChainSpec => ({ leaf: { key } });

/** Which algorithms and keys are allowed. */
export const algorithmCases: PathCase[] = [
  { rule: "8410 §3", what: "Ed25519", expect: "valid", chain: rootWith("root", "ed25519") },
  {
    rule: "8410 §3",
    what: "Ed25519 with parameters",
    expect: algorithm,
    chain: rootWith("root", "ed25519WithNull"),
  },
  { rule: "5758 §3.2", what: "P-256 with SHA-256", expect: "valid", chain: rootWith("p256", "ecdsaSha256") },
  { rule: "5758 §3.2", what: "P-256 with SHA-512", expect: "valid", chain: rootWith("p256", "ecdsaSha512") },
  { rule: "5758 §3.2", what: "P-384 with SHA-384", expect: "valid", chain: rootWith("p384", "ecdsaSha384") },
  { rule: "5758 §3.2", what: "P-384 with SHA-256", expect: "valid", chain: rootWith("p384", "ecdsaSha256") },
  { rule: "parley", what: "P-256 with SHA-1", expect: algorithm, chain: rootWith("p256", "ecdsaSha1") },
  {
    rule: "parley",
    what: "an authority on P-521",
    expect: algorithm,
    chain: rootWith("p521", "ecdsaSha512"),
  },
  { rule: "4055 §5", what: "RSA with SHA-256", expect: "valid", chain: rootWith("rsa2048", "rsaSha256") },
  { rule: "4055 §5", what: "RSA with SHA-512", expect: "valid", chain: rootWith("rsa2048", "rsaSha512") },
  {
    rule: "4055 §5",
    what: "RSA with the parameters left out",
    expect: "valid",
    chain: rootWith("rsa2048", "rsaSha256WithoutNull"),
  },
  { rule: "parley", what: "RSA with SHA-1", expect: algorithm, chain: rootWith("rsa2048", "rsaSha1") },
  { rule: "parley", what: "RSA with MD5", expect: algorithm, chain: rootWith("rsa2048", "rsaMd5") },
  { rule: "parley", what: "RSA-PSS", expect: algorithm, chain: rootWith("rsa2048", "rsaPss") },
  {
    rule: "parley",
    what: "an RSA authority of 1024 bits",
    expect: algorithm,
    chain: rootWith("rsa1024", "rsaSha256"),
  },
  { rule: "parley", what: "an unknown algorithm", expect: algorithm, chain: rootWith("root", "unknown") },
  {
    rule: "5280 §4.1.1.2",
    what: "an algorithm that does not fit the issuer's key",
    expect: "cert-signature",
    chain: { authorities: [], leaf: { signer: "p256", algorithm: "ecdsaSha256" } },
  },
  { rule: "parley", what: "a leaf on P-256", expect: "valid", chain: leafWith("p256") },
  { rule: "parley", what: "a leaf on P-384", expect: "valid", chain: leafWith("p384") },
  { rule: "parley", what: "a leaf on P-521", expect: algorithm, chain: leafWith("p521") },
  { rule: "parley", what: "an RSA leaf of 2048 bits", expect: "valid", chain: leafWith("rsa2048") },
  { rule: "parley", what: "an RSA leaf of 1024 bits", expect: algorithm, chain: leafWith("rsa1024") },
  { rule: "parley", what: "a leaf that cannot sign", expect: algorithm, chain: leafWith("x25519") },
  {
    rule: "parley",
    what: "a leaf with a key of ML-DSA",
    expect: algorithm,
    chain: {
      leaf: {
        spki: derSequence(derSequence(derOid("2.16.840.1.101.3.4.3.18")), derBits(new Uint8Array(1_952))),
      },
    },
  },
  {
    rule: "parley",
    what: "a leaf with a key of an unknown kind",
    expect: algorithm,
    chain: { leaf: { spki: derSequence(derSequence(derOid("1.2.3.4")), derBits(new Uint8Array(32))) } },
  },
];
