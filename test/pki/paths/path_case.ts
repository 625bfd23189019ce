import type { ChainRequest, ChainVerifierOptions } from "../../../lib/pki/mod.ts";
import {
  altNames,
  authorityKeyIdentifier,
  basicConstraints,
  type CertificateSpec,
  CLIENT_AUTH,
  dns,
  extendedKeyUsage,
  forge,
  type Forged,
  ip,
  keyIdentifier,
  keyUsage,
  nameOf,
  SERVER_AUTH,
  subjectKeyIdentifier,
  uri,
} from "./forge.ts";

/** The certificates of a case. */
export interface Chain {
  root: Forged;
  /** From the one below the root down to the one that issued the leaf. */
  authorities: Forged[];
  leaf: Forged;
}

/** What a case changes of a chain that is right. */
export interface ChainSpec {
  root?: CertificateSpec;
  /** Authorities below the root; one where nothing is said. */
  authorities?: CertificateSpec[];
  leaf?: CertificateSpec;
  usage?: "server" | "device";
  name?: string;
  at?: string;
  clockSkewMs?: number;
  /** What is shown; the leaf and the authorities, lowest first, where nothing is said. */
  show?: (chain: Chain) => Uint8Array[];
  trust?: (chain: Chain) => Uint8Array[];
  intermediates?: (chain: Chain) => Uint8Array[];
  crls?: (chain: Chain) => Uint8Array[];
}

/** One case: the rule that it is about, what is done to it, and what has to come of it. */
export interface PathCase {
  /** Where the rule stands. */
  rule: string;
  /** What the chain is. */
  what: string;
  /** `valid`, or the code of the refusal. */
  expect: string;
  chain: ChainSpec;
}

const authorityDefaults = (key: "root" | "issuing" | "second", commonName: string, pathLength?: number) => ({
  subject: nameOf(commonName),
  key,
  extensions: {
    basicConstraints: basicConstraints(true, pathLength),
    keyUsage: keyUsage("keyCertSign", "cRLSign"),
    subjectKeyIdentifier: subjectKeyIdentifier(keyIdentifier(key)),
  },
});

const leafDefaults = (usage: "server" | "device", issuer: Forged): CertificateSpec => ({
  subject: nameOf("leaf"),
  key: "leaf",
  extensions: {
    keyUsage: keyUsage("digitalSignature"),
    extendedKeyUsage: extendedKeyUsage(usage === "server" ? SERVER_AUTH : CLIENT_AUTH),
    subjectAltName: usage === "server"
      ? altNames(dns("relay.example.org"), ip(192, 0, 2, 7))
      : altNames(uri("parley:alice/laptop")),
    authorityKeyIdentifier: authorityKeyIdentifier(keyIdentifier(issuer.key)),
  },
});

/** Makes the certificates of a case and the question about them. */
export function buildQuestion(spec: ChainSpec): ChainVerifierOptions & ChainRequest {
  const usage = spec.usage ?? "device";
  const root = forge(authorityDefaults("root", "Root"), spec.root ?? {});
  const authorities: Forged[] = [];
  for (const [index, one] of (spec.authorities ?? [{}]).entries()) {
    const defaults = authorityDefaults(index === 0 ? "issuing" : "second", `Authority ${index + 1}`);
    authorities.push(forge(defaults, one, authorities.at(-1) ?? root));
  }
  const issuer = authorities.at(-1) ?? root;
  const leaf = forge(leafDefaults(usage, issuer), spec.leaf ?? {}, issuer);
  const chain = { root, authorities, leaf };
  return {
    roots: spec.trust?.(chain) ?? [root.der],
    chain: spec.show?.(chain) ?? [leaf.der, ...authorities.toReversed().map(({ der }) => der)],
    intermediates: spec.intermediates?.(chain) ?? [],
    crls: spec.crls?.(chain) ?? [],
    usage,
    now: new Date(spec.at ?? "2027-01-01"),
    ...(spec.clockSkewMs !== undefined && { clockSkewMs: spec.clockSkewMs }),
    ...(spec.name !== undefined && { serverName: spec.name }),
  };
}
