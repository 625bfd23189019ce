import { encodeHex } from "../bytes/mod.ts";
import { ProtocolError } from "../errors/mod.ts";
import {
  approvalCode,
  beginEnrollment,
  type Clock,
  type EnrollmentContext,
  hashCertificate,
  hashInviteToken,
  type Issuance,
  type PendingEnrollment,
  type ProvenEnrollment,
  type RandomSource,
  verifyCertificateRequest,
} from "../pki/mod.ts";
import type { OperationRequest, OperationResponse } from "../wire/mod.ts";
import type { RelayAuthority } from "./authority_watch.ts";
import { PasswordGate } from "./password_gate.ts";
import { RateLimiter } from "./rate_limiter.ts";
import type { RelayLimits } from "./relay_limits.ts";

/** What an enrolment service is made of. */
export interface EnrollmentServiceOptions {
  /** Issues the certificates, and knows who may have one. */
  ca: RelayAuthority;
  /** The present time. */
  clock: Clock;
  /** Where challenges come from. */
  random: RandomSource;
  /** Bounds. */
  limits: RelayLimits;
  /** Takes note of what was issued, before the applicant gets it. */
  onIssued(issuance: Issuance): Promise<void>;
}

/** A connection that enrols. */
export interface Applicant {
  /** Its address. */
  address: string;
  /** The SHA-256 of the certificate that this relay showed it. */
  serverCertificateHash: Uint8Array;
}

/** By what right an applicant gets a certificate. */
type Right = "invite" | "password" | "approval";

/** An enrolment that awaits the applicant's proof. */
interface Begun {
  enrollment: PendingEnrollment;
  context: EnrollmentContext;
  applicant: Applicant;
  right: Right;
}

const ENROLLMENT_ID_BYTES = 16;
/** In the transcript, where there is no invite. */
const NO_TOKEN = new Uint8Array();

/** Enrols devices in two steps; what began on one connection can be finished on the same one only. */
export class EnrollmentService {
  readonly #options: EnrollmentServiceOptions;
  readonly #rootHash: Uint8Array;
  readonly #limiter: RateLimiter;
  readonly #collectLimiter: RateLimiter;
  readonly #passwords: PasswordGate;
  readonly #pending = new Map<string, Begun>();

  /** Creates the service. */
  constructor(options: EnrollmentServiceOptions) {
    const { ca, limits } = options;
    const now = () => performance.now();
    this.#options = options;
    this.#rootHash = hashCertificate(ca.authority.root);
    this.#limiter = new RateLimiter(
      { perSecond: limits.enrollmentsPerSecond, burst: limits.enrollmentBurst },
      now,
    );
    this.#collectLimiter = new RateLimiter(
      { perSecond: limits.collectsPerSecond, burst: limits.collectBurst },
      now,
    );
    this.#passwords = new PasswordGate(ca.users, limits, now);
  }

  /**
   * Checks request and right, and makes a challenge.
   *
   * @throws {AuthenticationError} `invite-unknown`, `invite-used`, `invite-expired`, `device-exists`,
   * `credentials-wrong`, `csr-signature`, `key-weak`, `cert-algorithm`
   * @throws {DecodeError} `csr-malformed`, `key-unsupported`
   * @throws {ProtocolError} `rate-limited`, `too-many-enrollments`
   */
  async begin(
    { csr, token, password, user, device }: OperationRequest<"enroll-begin">,
    applicant: Applicant,
  ): Promise<OperationResponse<"enroll-begin">> {
    if (!this.#limiter.take(applicant.address)) throw rateLimited("too many enrolments from this address");
    const { ca: { authority }, clock, random } = this.#options;
    const tokenHash = token === undefined ? NO_TOKEN : hashInviteToken(token);
    const { spki } = await verifyCertificateRequest(csr);
    if (token !== undefined) authority.checkInvite(tokenHash, { user, device, spki });
    if (password !== undefined) await this.#passwords.verify(user, password);
    const { serverCertificateHash } = applicant;
    const context = { csr, tokenHash, user, device, rootHash: this.#rootHash, serverCertificateHash };
    const pending = await beginEnrollment(context, { now: clock(), random });
    const enrollment = random(ENROLLMENT_ID_BYTES);
    const right = token !== undefined ? "invite" : password !== undefined ? "password" : "approval";
    this.#remember(encodeHex(enrollment), { enrollment: pending, context, applicant, right });
    return { enrollment, ...pending.challenge };
  }

  /**
   * Checks the proof; then issues the certificate, or puts the applicant into the operator's queue.
   *
   * @throws {ProtocolError} `enrollment-unknown`, `request-queue-full`
   * @throws {AuthenticationError} `challenge-expired`, `challenge-failed`,
   * `invite-unknown`, `invite-used`, `invite-expired`, `device-exists`
   */
  async finish(
    { enrollment, proof }: OperationRequest<"enroll-finish">,
    applicant: Applicant,
  ): Promise<OperationResponse<"enroll-finish">> {
    const id = encodeHex(enrollment);
    const begun = this.#pending.get(id);
    if (begun === undefined || begun.applicant !== applicant) {
      throw new ProtocolError("enrollment-unknown", "no such enrolment was begun on this connection", {
        hint: "enrol again",
      });
    }
    this.#pending.delete(id);
    const proven = await begun.enrollment.finish(proof, this.#options.clock());
    if (begun.right === "approval") return { request: this.#submit(begun, proven) };
    const { authority } = this.#options.ca;
    const issuance = begun.right === "invite"
      ? await authority.redeemInvite(proven.tokenHash, proven)
      : await authority.enrollDevice(proven);
    return { certificates: await this.#hand(issuance) };
  }

  /**
   * Gives an applicant that waits for the operator's word the certificate, once there is one.
   *
   * @throws {AuthenticationError} `request-denied`, `request-unknown`, `device-exists`, `cert-revoked`
   * @throws {ProtocolError} `rate-limited`
   */
  async collect(
    { request }: OperationRequest<"enroll-collect">,
    { address }: Applicant,
  ): Promise<OperationResponse<"enroll-collect">> {
    if (!this.#collectLimiter.take(address)) throw rateLimited("this address asks too often");
    const issuance = await this.#options.ca.requests.collect(request);
    return issuance === undefined ? {} : { certificates: await this.#hand(issuance) };
  }

  /** Forgets what a connection that is over has begun. */
  abandon(applicant: Applicant): void {
    for (const [id, pending] of this.#pending) if (pending.applicant === applicant) this.#pending.delete(id);
  }

  #submit({ enrollment, context, applicant }: Begun, proven: ProvenEnrollment): Uint8Array<ArrayBuffer> {
    const { user, device, spki } = proven;
    const code = approvalCode(context, enrollment.challenge.challenge);
    return this.#options.ca.requests.submit({ user, device, spki, code, address: applicant.address }).id;
  }

  async #hand(issuance: Issuance): Promise<Uint8Array<ArrayBuffer>[]> {
    await this.#options.onIssued(issuance);
    return this.#options.ca.authority.chainOf(issuance.certificate);
  }

  #remember(id: string, begun: Begun): void {
    const now = this.#options.clock();
    for (const [old, { enrollment: { expiresAt } }] of this.#pending) {
      if (expiresAt < now) this.#pending.delete(old);
    }
    if (this.#pending.size >= this.#options.limits.maxPendingEnrollments) {
      throw new ProtocolError("too-many-enrollments", "too many devices are enrolling now", {
        hint: "try again in a minute",
      });
    }
    this.#pending.set(id, begun);
  }
}

function rateLimited(message: string): ProtocolError {
  return new ProtocolError("rate-limited", message, { hint: "try again in a minute" });
}
