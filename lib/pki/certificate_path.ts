import { equalBytes } from "../bytes/mod.ts";
import { AuthenticationError } from "../errors/mod.ts";
import type { Certificate } from "./certificate.ts";
import { verifyStructure } from "./signature.ts";

/**
 * Builds the certification path of a chain up to one of the roots, verifying every signature
 * (RFC 5280 §6.1). The chain is in order, leaf first; it may end with the root and holds nothing else.
 *
 * @returns the path, leaf first, root last
 * @throws {AuthenticationError} `cert-untrusted`, `cert-signature`, `cert-usage`, `cert-path-length`,
 * `cert-algorithm`
 */
export async function buildCertificatePath(
  chain: Certificate[],
  roots: Certificate[],
): Promise<Certificate[]> {
  const path: Certificate[] = [];
  for (const [index, certificate] of chain.entries()) {
    path.push(certificate);
    const root = await findSigner(certificate, roots);
    if (root !== undefined) {
      checkAuthority(root, path.length - 1);
      path.push(root);
      checkRest(chain.slice(index + 1), root);
      return path;
    }
    const next = chain[index + 1];
    if (next === undefined) break;
    if (!mayHaveIssued(next, certificate)) throw untrusted("a certificate did not issue the one before it");
    checkAuthority(next, path.length - 1);
    if (!await verifyStructure(certificate.signed, next.spki)) throw wrongSignature();
  }
  throw untrusted("it was not issued by a trusted authority");
}

/**
 * Appends the known intermediate authorities that lie between the end of a chain and a root. Names alone decide
 * here; {@link buildCertificatePath} verifies.
 */
export function completeChain(
  chain: Certificate[],
  intermediates: Certificate[],
  roots: Certificate[],
): Certificate[] {
  const complete = [...chain];
  const open = [...intermediates];
  for (;;) {
    const last = complete.at(-1);
    if (last === undefined || roots.some((root) => mayHaveIssued(root, last))) return complete;
    const at = open.findIndex((one) => mayHaveIssued(one, last));
    if (at < 0) return complete;
    complete.push(...open.splice(at, 1));
  }
}

/** The root that signed `certificate`, or undefined where no root has its issuer's name and key. */
async function findSigner(certificate: Certificate, roots: Certificate[]): Promise<Certificate | undefined> {
  const candidates = roots.filter((root) => mayHaveIssued(root, certificate));
  for (const root of candidates) {
    if (await verifyStructure(certificate.signed, root.spki)) return root;
  }
  // A self-signed certificate bears some root's name, perhaps, but it claims no root's signature.
  const isSelfIssued = equalBytes(certificate.subject, certificate.issuer);
  if (candidates.length > 0 && !isSelfIssued) throw wrongSignature();
}

/** Names match, and so do the key identifiers where both stand there. */
function mayHaveIssued(issuer: Certificate, certificate: Certificate): boolean {
  const expected = certificate.extensions.authorityKeyIdentifier;
  const actual = issuer.extensions.subjectKeyIdentifier;
  return equalBytes(issuer.subject, certificate.issuer) &&
    (expected === undefined || actual === undefined || equalBytes(expected, actual));
}

/** RFC 5280 §6.1.4 (k) to (n). `authoritiesBelow` is how many authorities the path has below this one. */
function checkAuthority(authority: Certificate, authoritiesBelow: number): void {
  const { basicConstraints, keyUsage } = authority.extensions;
  if (basicConstraints?.isCa !== true || keyUsage?.includes("keyCertSign") !== true) {
    throw new AuthenticationError(
      "cert-usage",
      "certificate refused: its issuer is no certificate authority",
    );
  }
  if (authoritiesBelow > (basicConstraints.pathLength ?? Infinity)) {
    throw new AuthenticationError("cert-path-length", "certificate refused: too many authorities above it");
  }
}

function checkRest(rest: Certificate[], root: Certificate): void {
  if (rest.length > 1 || (rest[0] !== undefined && !equalBytes(rest[0].der, root.der))) {
    throw untrusted("the chain holds certificates that do not belong to it");
  }
}

function wrongSignature(): AuthenticationError {
  return new AuthenticationError("cert-signature", "certificate refused: a signature is wrong");
}

function untrusted(reason: string): AuthenticationError {
  return new AuthenticationError("cert-untrusted", `certificate refused: ${reason}`);
}
