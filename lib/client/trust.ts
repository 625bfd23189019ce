import { encodeHex } from "../bytes/mod.ts";
import { AuthenticationError, ParleyError } from "../errors/mod.ts";
import type { CredentialHolder } from "../mls/mod.ts";
import {
  ChainVerifier,
  type Clock,
  hashCertificate,
  parseCertificate,
  parseCertificates,
  parseIdentityUri,
  parsePublicKeyInfo,
  parseRevocationList,
  type RevocationList,
  type VerifiedCertificate,
} from "../pki/mod.ts";
import type { ChainCheck, VerifiedPeer } from "../transport/mod.ts";
import { identityFiles, readText, writePrivateFile } from "./identity_folder.ts";

const ED25519_BYTES = 32;
/** As many chains as the largest conversations have members. */
const MAX_GOOD = 4_000;
/** A CRL says when in whole seconds (RFC 5280 §5.1.2.6). */
export const CRL_RESOLUTION_MS = 1_000;

/** What an identity trusts: one root, and that root's newest CRL. */
export class Trust {
  readonly #folder: string;
  readonly #clock: Clock;
  /** The SHA-256 of the root certificate. */
  readonly rootHash: Uint8Array<ArrayBuffer>;
  readonly #verifier: ChainVerifier;
  /** Knows no revocations: for what was valid at an earlier time. */
  readonly #pastVerifier: ChainVerifier;
  #crl: RevocationList | undefined;
  /** Chains that were found good under the present CRL, by the leaf's hash: members are looked at again and again. */
  readonly #good = new Map<string, { holder: CredentialHolder; until: Date; since: Date }>();

  private constructor(
    folder: string,
    { root, intermediates }: { root: Uint8Array; intermediates: Uint8Array[] },
    crl: Uint8Array | undefined,
    clock: Clock,
  ) {
    this.#folder = folder;
    this.#clock = clock;
    this.rootHash = hashCertificate(root);
    this.#verifier = new ChainVerifier({
      roots: [root],
      intermediates,
      crls: crl === undefined ? [] : [crl],
    });
    this.#pastVerifier = new ChainVerifier({ roots: [root], intermediates });
    this.#crl = crl && parseRevocationList(crl);
  }

  /** Reads the root and the CRL from an identity's folder. */
  static async open(folder: string, clock: Clock): Promise<Trust> {
    const [root] = parseCertificates(await readText(folder, "root"));
    const [, ...intermediates] = parseCertificates(await readText(folder, "certificates"));
    return new Trust(folder, { root: root!, intermediates }, await readCrl(folder), clock);
  }

  /** The number of the CRL that is in force. */
  get crlNumber(): number | undefined {
    return this.#crl?.number;
  }

  /** When a certificate was revoked, by its serial number; undefined where it was not. */
  revokedAt(serial: string): Date | undefined {
    return this.#crl?.revoked.get(serial)?.revokedAt;
  }

  /** Checks the certificate of the relay that was dialled. */
  checkServer(host: string): ChainCheck {
    return async (chain) => {
      const now = this.#clock();
      return toPeer(await this.#verifier.verify({ chain, usage: "server", now, serverName: host }));
    };
  }

  /** Checks a member's credential. */
  async checkCredential(certificates: Uint8Array[]): Promise<CredentialHolder> {
    const now = this.#clock(), name = certificates.map((one) => encodeHex(hashCertificate(one))).join();
    const known = this.#good.get(name);
    if (known !== undefined && known.since <= now && now <= known.until) return known.holder;
    await this.#verifier.verify({ chain: certificates, usage: "device", now });
    const holder = await readCredential(certificates);
    const parsed = certificates.map((one) => parseCertificate(one));
    const until = new Date(Math.min(...parsed.map(({ notAfter }) => notAfter.getTime())));
    if (this.#good.size >= MAX_GOOD) this.#good.clear();
    this.#good.set(name, { holder, until, since: now });
    return holder;
  }

  /**
   * Checks a credential as of an earlier time: what a conversation's log holds was made under certificates that
   * may have expired or been revoked since.
   */
  async checkCredentialAt(certificates: Uint8Array[], time: Date): Promise<CredentialHolder> {
    await this.#pastVerifier.verify({ chain: certificates, usage: "device", now: time });
    for (const certificate of certificates) {
      const revokedAt = this.revokedAt(parseCertificate(certificate).serial);
      // A CRL counts in whole seconds: what was done in the same one may have been done before.
      if (revokedAt === undefined || revokedAt.getTime() + CRL_RESOLUTION_MS > time.getTime()) continue;
      throw new AuthenticationError("cert-revoked", "certificate refused: it was revoked");
    }
    return await readCredential(certificates);
  }

  /** Checks a certificate that was issued to this device now. */
  verifyOwn(certificates: Uint8Array[]): Promise<VerifiedCertificate> {
    return this.#verifier.verify({ chain: certificates, usage: "device", now: this.#clock() });
  }

  /**
   * Takes a newer CRL, in memory and on disk.
   *
   * @throws {AuthenticationError} `crl-untrusted`, `crl-signature`, `crl-stale`
   */
  async updateCrl(der: Uint8Array): Promise<void> {
    this.#crl = await this.#verifier.updateCrl(der);
    this.#good.clear();
    const { number } = this.#crl;
    const stored = await readCrl(this.#folder);
    if (stored !== undefined && parseRevocationList(stored).number >= number) return;
    writePrivateFile(`${this.#folder}/${identityFiles.crl}`, der);
  }
}

/** Reads whose a credential is that was checked before. */
export function readCredential(certificates: Uint8Array[]): Promise<CredentialHolder> {
  try {
    const { extensions, spki, serial } = parseCertificate(certificates[0] ?? new Uint8Array());
    const { user, device } = parseIdentityUri(extensions.subjectAltNames?.uris[0] ?? "");
    return Promise.resolve({ user, device, serial, publicKey: rawEd25519Key(spki) });
  } catch (cause) {
    if (!(cause instanceof ParleyError)) throw cause;
    return Promise.reject(
      new AuthenticationError("credential-invalid", "a member's credential names no device", { cause }),
    );
  }
}

/** The raw key in a SubjectPublicKeyInfo (RFC 8410 §4): members of groups have Ed25519 keys only. */
export function rawEd25519Key(spki: Uint8Array): Uint8Array {
  if (parsePublicKeyInfo(spki).type !== "ed25519") {
    throw new AuthenticationError("credential-invalid", "a member's key is not an Ed25519 key");
  }
  return spki.subarray(spki.length - ED25519_BYTES);
}

/** What a connection keeps of a verified certificate. */
export function toPeer({ serial, notAfter, certificate }: VerifiedCertificate): VerifiedPeer {
  return { serial, notAfter, fingerprint: encodeHex(hashCertificate(certificate)) };
}

async function readCrl(folder: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(`${folder}/${identityFiles.crl}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
