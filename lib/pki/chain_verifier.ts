import { equalBytes } from "../bytes/mod.ts";
import { AuthenticationError, DecodeError } from "../errors/mod.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import {
  type CertificateUsage,
  checkForm,
  checkServerName,
  checkUsage,
  checkValidity,
  readIdentity,
  readServerNames,
} from "./certificate_checks.ts";
import { buildCertificatePath, completeChain } from "./certificate_path.ts";
import { fingerprintOf } from "./fingerprint.ts";
import {
  isIssuerOf,
  isRevoked,
  parseRevocationList,
  type RevocationList,
  verifyRevocationList,
} from "./revocation_list.ts";

/** What a verifier trusts. */
export interface ChainVerifierOptions {
  /** Certificates of the trusted root authorities, DER. */
  roots: Uint8Array[];
  /**
   * Certificates of authorities below the roots, DER. A chain that lacks them is completed with them, and their
   * revocation lists are taken. They are trusted no more than those in a chain.
   */
  intermediates?: Uint8Array[];
  /** Revocation lists of the authorities, DER. */
  crls?: Uint8Array[];
  /** By how much clocks may differ, in milliseconds. Default five minutes. */
  clockSkewMs?: number;
  /** How many accepted chains are remembered. Default 2,048; 0 remembers none. */
  maxCachedChains?: number;
}

/** A chain to be verified. */
export interface ChainRequest {
  /** Certificates in DER, leaf first, each issued by the next; the root may be left out. */
  chain: Uint8Array[];
  /** What the leaf is presented for. */
  usage: CertificateUsage;
  /** The present time. */
  now: Date;
  /** The DNS name or address that was dialled; only with usage `server`. */
  serverName?: string;
}

/** What an accepted chain proves about the holder of the leaf's key. */
export interface VerifiedCertificate {
  /** The user, where the usage is `device`. */
  user?: string;
  /** The user's device, where the usage is `device`. */
  device?: string;
  /** DNS names and addresses, where the usage is `server`. */
  serverNames: string[];
  /** The serial number in lower-case hexadecimal. */
  serial: string;
  /** From when on the whole chain is valid. */
  notBefore: Date;
  /** Until when the whole chain is valid. */
  notAfter: Date;
  /** The leaf's public key as SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** The fingerprint of that key, see `fingerprintOf`. */
  fingerprint: string;
  /** The leaf in DER. */
  certificate: Uint8Array;
  /** The trusted root in DER. */
  root: Uint8Array;
}

const DEFAULT_SKEW_MS = 5 * 60_000;
const DEFAULT_CACHED_CHAINS = 2_048;
const MAX_CHAIN = 6;

/**
 * Verifies one chain; see {@link ChainVerifier.verify}. Where there are many, keep a verifier.
 *
 * @throws {AuthenticationError} see {@link ChainVerifier.verify}
 * @throws {DecodeError} `cert-malformed`, `crl-malformed` for a root or a CRL
 */
export async function verifyChain(
  options: ChainVerifierOptions & ChainRequest,
): Promise<VerifiedCertificate> {
  return await new ChainVerifier({ ...options, maxCachedChains: 0 }).verify(options);
}

/**
 * Verifies certificate chains against the same roots and revocation lists (RFC 5280 §6). Roots, lists and
 * their keys are parsed once; accepted chains are remembered until the lists change, and their validity is
 * looked at again each time.
 */
export class ChainVerifier {
  readonly #roots: Certificate[];
  readonly #intermediates: Certificate[];
  readonly #clockSkewMs: number;
  readonly #maxCachedChains: number;
  readonly #accepted = new Map<string, VerifiedCertificate>();
  #crls: RevocationList[];
  /** By list: the authority's key under which it was verified, and how that went. */
  readonly #crlChecks = new WeakMap<RevocationList, { spki: Uint8Array; verified: Promise<void> }>();

  /**
   * Creates a verifier.
   *
   * @throws {DecodeError} `cert-malformed`, `crl-malformed`
   */
  constructor(options: ChainVerifierOptions) {
    this.#roots = options.roots.map((der) => parseCertificate(new Uint8Array(der)));
    this.#intermediates = (options.intermediates ?? []).map((der) => parseCertificate(new Uint8Array(der)));
    this.#crls = (options.crls ?? []).map(parseRevocationList);
    this.#clockSkewMs = options.clockSkewMs ?? DEFAULT_SKEW_MS;
    this.#maxCachedChains = options.maxCachedChains ?? DEFAULT_CACHED_CHAINS;
  }

  /**
   * Verifies a chain: every signature, authorities and path length, algorithms and key sizes, extensions,
   * validity, usage, name, and revocation by each issuer's list.
   *
   * @throws {AuthenticationError} `cert-malformed`, `cert-algorithm`, `cert-extension`, `cert-untrusted`,
   * `cert-signature`, `cert-path-length`, `cert-usage`, `cert-not-yet-valid`, `cert-expired`, `cert-name`,
   * `cert-revoked`, `crl-signature`
   * @throws {UsageError} `server-name-malformed`
   */
  async verify(request: ChainRequest): Promise<VerifiedCertificate> {
    const verified = await this.#verifyOrRecall(request);
    if (request.serverName !== undefined) checkServerName(verified.serverNames, request.serverName);
    return verified;
  }

  /**
   * Takes a newer revocation list of a root or an intermediate authority in place of the one before.
   *
   * @throws {DecodeError} `crl-malformed`
   * @throws {AuthenticationError} `crl-untrusted`, `crl-signature`, `cert-algorithm`, and what an intermediate
   * authority is refused for; `crl-stale` where the
   * list before has a higher number: an old list must not bring a revoked certificate back
   */
  async updateCrl(der: Uint8Array): Promise<RevocationList> {
    const list = parseRevocationList(der);
    const issuers = [...this.#roots, ...this.#intermediates].filter((one) => isIssuerOf(one, list));
    await firstSuccess(issuers.map((issuer) => this.#verifyCrlOf(issuer, list)));
    const previous = this.#crls.find((one) => equalBytes(one.issuer, list.issuer));
    if (previous !== undefined && previous.number > list.number) {
      throw new AuthenticationError("crl-stale", `CRL ${list.number} is older than CRL ${previous.number}`);
    }
    this.#crls = [...this.#crls.filter((one) => !equalBytes(one.issuer, list.issuer)), list];
    this.#accepted.clear();
    return list;
  }

  async #verifyOrRecall(request: ChainRequest): Promise<VerifiedCertificate> {
    const crls = this.#crls;
    const key = `${request.usage}:${request.chain.map((der) => der.toBase64()).join()}`;
    const known = this.#accepted.get(key);
    const nowMs = request.now.getTime();
    if (
      known !== undefined && nowMs >= known.notBefore.getTime() - this.#clockSkewMs &&
      nowMs <= known.notAfter.getTime() + this.#clockSkewMs
    ) return known;
    const verified = await this.#verifyAfresh(request).catch(refuseMalformed);
    // A list that came while this was under way may revoke what was just accepted.
    if (crls === this.#crls) this.#remember(key, verified);
    return verified;
  }

  async #verifyAfresh({ chain, usage, now }: ChainRequest): Promise<VerifiedCertificate> {
    if (chain.length < 1 || chain.length > MAX_CHAIN) {
      throw new DecodeError("cert-malformed", `certificate refused: a chain of ${chain.length} certificates`);
    }
    // Copies: what is remembered must not change when the caller uses its buffers again.
    const certificates = chain.map((der) => parseCertificate(new Uint8Array(der)));
    const complete = completeChain(certificates, this.#intermediates, this.#roots);
    complete.forEach(checkForm);
    const path = await buildCertificatePath(complete, this.#roots);
    checkForm(path.at(-1)!);
    path.forEach((one) => checkValidity(one, now, this.#clockSkewMs));
    checkUsage(path, usage);
    await this.#checkRevocation(path);
    return describePath(path, usage);
  }

  async #verifyCrlOf(issuer: Certificate, list: RevocationList): Promise<void> {
    await verifyRevocationList(list, issuer);
    if (this.#roots.includes(issuer)) return;
    const chain = completeChain([issuer], this.#intermediates, this.#roots);
    chain.forEach(checkForm);
    await buildCertificatePath(chain, this.#roots);
  }

  async #checkRevocation(path: Certificate[]): Promise<void> {
    for (const [index, certificate] of path.slice(0, -1).entries()) {
      const issuer = path[index + 1]!;
      for (const list of this.#crls.filter((one) => isIssuerOf(issuer, one))) {
        await this.#verifyCrlOnce(list, issuer);
        if (!isRevoked(list, certificate.serial)) continue;
        throw new AuthenticationError("cert-revoked", "certificate refused: it is revoked", {
          hint: "whoever runs the authority can say why, and issue another",
        });
      }
    }
  }

  /** A list that does not verify is refused, not ignored: ignoring it would let it hide a revocation. */
  #verifyCrlOnce(list: RevocationList, issuer: Certificate): Promise<void> {
    const known = this.#crlChecks.get(list);
    if (known !== undefined && equalBytes(known.spki, issuer.spki)) return known.verified;
    const verified = verifyRevocationList(list, issuer);
    this.#crlChecks.set(list, { spki: issuer.spki, verified });
    return verified;
  }

  #remember(key: string, verified: VerifiedCertificate): void {
    if (this.#maxCachedChains === 0) return;
    const [oldest] = this.#accepted.keys();
    if (this.#accepted.size >= this.#maxCachedChains && oldest !== undefined) this.#accepted.delete(oldest);
    this.#accepted.set(key, verified);
  }
}

function describePath(path: Certificate[], usage: CertificateUsage): VerifiedCertificate {
  const leaf = path[0]!;
  return {
    ...(usage === "device" && readIdentity(leaf)),
    serverNames: usage === "server" ? readServerNames(leaf) : [],
    serial: leaf.serial,
    notBefore: new Date(Math.max(...path.map((one) => one.notBefore.getTime()))),
    notAfter: new Date(Math.min(...path.map((one) => one.notAfter.getTime()))),
    spki: leaf.spki,
    fingerprint: fingerprintOf(leaf.spki),
    certificate: leaf.der,
    root: path.at(-1)!.der,
  };
}

/** Whoever presents a chain that cannot be decoded has failed to authenticate. */
function refuseMalformed(cause: unknown): never {
  if (!(cause instanceof DecodeError)) throw cause;
  const code = cause.code === "key-unsupported" ? "cert-algorithm" : "cert-malformed";
  throw new AuthenticationError(code, cause.message, { cause });
}

/** Two roots of the same name may exist; one of them has to have signed. */
async function firstSuccess(attempts: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(attempts);
  if (results.some(({ status }) => status === "fulfilled")) return;
  const failure = results.find((result) => result.status === "rejected");
  throw failure?.reason ??
    new AuthenticationError("crl-untrusted", "the CRL was issued by another authority");
}
