import { type RandomSource, signHmac, verifyHmac } from "../crypto/mod.ts";
import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import { verifyCertificateRequest } from "./certificate_request.ts";
import { type EnrollmentContext, enrollmentMessage } from "./enrollment_transcript.ts";
import type { KeyPair } from "./key_pair.ts";
import { signMessage, verifyMessage } from "./signature.ts";

/** What the authority sends: the applicant has to prove that it holds the private key. */
export interface EnrollmentChallenge {
  /** Whether the applicant signs the challenge, or decrypts it (RSA). */
  proof: "signature" | "decryption";
  /** 32 random bytes; encrypted under the applicant's key (RSA-OAEP, SHA-256) where they are to be decrypted. */
  challenge: Uint8Array<ArrayBuffer>;
}

/** An enrolment whose key is proven; the certificate may be issued. */
export interface ProvenEnrollment {
  /** The user that the invite is for. */
  user: string;
  /** The device's name. */
  device: string;
  /** The SHA-256 of the invite's token. */
  tokenHash: Uint8Array;
  /** The public key to certify, as SubjectPublicKeyInfo. */
  spki: Uint8Array;
}

const NONCE_BYTES = 32;
const CHALLENGE_LIFETIME_MS = 2 * 60_000;
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };

/** The authority's side of an enrolment that awaits the applicant's proof. It can be finished once. */
export class PendingEnrollment {
  /** What to send to the applicant. */
  readonly challenge: EnrollmentChallenge;
  /** After this instant no proof is accepted. */
  readonly expiresAt: Date;
  readonly #context: EnrollmentContext;
  readonly #spki: Uint8Array;
  readonly #nonce: Uint8Array<ArrayBuffer>;
  #used = false;

  /** Use {@link beginEnrollment}. */
  constructor(
    context: EnrollmentContext,
    spki: Uint8Array,
    nonce: Uint8Array<ArrayBuffer>,
    challenge: EnrollmentChallenge,
    expiresAt: Date,
  ) {
    this.#context = context;
    this.#spki = spki;
    this.#nonce = nonce;
    this.challenge = challenge;
    this.expiresAt = expiresAt;
  }

  /**
   * Verifies the applicant's proof. Whatever the outcome, the challenge is used up.
   *
   * @throws {AuthenticationError} `challenge-used`, `challenge-expired`, `challenge-failed`
   */
  async finish(proof: Uint8Array, now: Date): Promise<ProvenEnrollment> {
    if (this.#used) {
      throw new AuthenticationError("challenge-used", "the enrolment challenge was answered before");
    }
    this.#used = true;
    if (now.getTime() > this.expiresAt.getTime()) {
      throw new AuthenticationError("challenge-expired", "the enrolment challenge has expired", {
        hint: "enrol again",
      });
    }
    const message = enrollmentMessage(this.#context, this.challenge.challenge);
    const proven = this.challenge.proof === "decryption"
      ? verifyHmac("SHA-256", this.#nonce, message, proof)
      : await verifyMessage(message, proof, this.#spki);
    if (!proven) {
      throw new AuthenticationError("challenge-failed", "the applicant did not prove that it holds the key");
    }
    const { user, device, tokenHash } = this.#context;
    return { user, device, tokenHash, spki: this.#spki };
  }
}

/**
 * Begins an enrolment on the authority's side: verifies the request's own signature and makes a fresh
 * challenge that is good for two minutes.
 *
 * @throws {DecodeError} `csr-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `csr-signature`, `key-weak`, `cert-algorithm`
 * @throws {UsageError} `name-malformed`
 */
export async function beginEnrollment(
  context: EnrollmentContext,
  options: { now: Date; random: RandomSource },
): Promise<PendingEnrollment> {
  const { spki, key } = await verifyCertificateRequest(context.csr);
  const nonce = options.random(NONCE_BYTES);
  const challenge: EnrollmentChallenge = key.type === "rsa"
    ? { proof: "decryption", challenge: await encryptNonce(nonce, spki) }
    : { proof: "signature", challenge: nonce };
  // Names are checked here, before the applicant does any work.
  enrollmentMessage(context, challenge.challenge);
  const expiresAt = new Date(options.now.getTime() + CHALLENGE_LIFETIME_MS);
  return new PendingEnrollment(context, spki, nonce, challenge, expiresAt);
}

/**
 * Answers a challenge on the applicant's side: the signature over the transcript, or its HMAC-SHA-256 under
 * the decrypted challenge. The plaintext itself is never sent, so a hostile authority cannot use the
 * applicant to decrypt what it likes.
 *
 * @throws {ProtocolError} `challenge-malformed` where the challenge does not fit the key
 * @throws {UsageError} `name-malformed`, `key-cannot-sign`
 */
export async function answerChallenge(
  { proof, challenge }: EnrollmentChallenge,
  context: EnrollmentContext,
  keys: KeyPair,
): Promise<Uint8Array<ArrayBuffer>> {
  if ((proof === "decryption") !== (keys.type === "rsa")) {
    throw new ProtocolError(
      "challenge-malformed",
      `the challenge asks for a ${proof}, which this key cannot give`,
    );
  }
  const message = enrollmentMessage(context, challenge);
  if (proof === "signature") return await signMessage(message, keys.privateKey);
  return signHmac("SHA-256", await decryptNonce(challenge, keys.privateKey), message);
}

async function encryptNonce(
  nonce: Uint8Array<ArrayBuffer>,
  spki: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("spki", new Uint8Array(spki), OAEP, false, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.encrypt(OAEP, key, nonce));
}

async function decryptNonce(
  challenge: Uint8Array<ArrayBuffer>,
  privateKey: CryptoKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  try {
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, OAEP, false, ["decrypt"]);
    return new Uint8Array(await crypto.subtle.decrypt(OAEP, key, challenge));
  } catch {
    throw new ProtocolError("challenge-malformed", "cannot decrypt the enrolment challenge");
  } finally {
    pkcs8.fill(0);
  }
}
