import { encodeHex } from "../bytes/mod.ts";
import { ProtocolError } from "../errors/mod.ts";
import {
  beginEnrollment,
  type CertificateAuthority,
  type Clock,
  hashCertificate,
  hashInviteToken,
  type Issuance,
  type PendingEnrollment,
  type RandomSource,
  verifyCertificateRequest,
} from "../pki/mod.ts";
import type { OperationRequest, OperationResponse } from "../wire/mod.ts";
import { RateLimiter } from "./rate_limiter.ts";
import type { RelayLimits } from "./relay_limits.ts";

/** What an enrolment service is made of. */
export interface EnrollmentServiceOptions {
  /** Issues the certificates. */
  authority: CertificateAuthority;
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

const ENROLLMENT_ID_BYTES = 16;

/** Enrols devices in two steps; what began on one connection can be finished on the same one only. */
export class EnrollmentService {
  readonly #options: EnrollmentServiceOptions;
  readonly #rootHash: Uint8Array;
  readonly #limiter: RateLimiter;
  readonly #pending = new Map<string, { enrollment: PendingEnrollment; applicant: Applicant }>();

  /** Creates the service. */
  constructor(options: EnrollmentServiceOptions) {
    const { enrollmentsPerSecond: perSecond, enrollmentBurst: burst } = options.limits;
    this.#options = options;
    this.#rootHash = hashCertificate(options.authority.root);
    this.#limiter = new RateLimiter({ perSecond, burst }, () => performance.now());
  }

  /**
   * Checks request and invite, and makes a challenge.
   *
   * @throws {AuthenticationError} `invite-unknown`, `invite-used`, `invite-expired`, `device-exists`,
   * `csr-signature`, `key-weak`, `cert-algorithm`
   * @throws {DecodeError} `csr-malformed`, `key-unsupported`
   * @throws {ProtocolError} `rate-limited`, `too-many-enrollments`
   */
  async begin(
    { csr, token, user, device }: OperationRequest<"enroll-begin">,
    applicant: Applicant,
  ): Promise<OperationResponse<"enroll-begin">> {
    if (!this.#limiter.take(applicant.address)) {
      throw new ProtocolError("rate-limited", "too many enrolments from this address", {
        hint: "try again in a minute",
      });
    }
    const { authority, clock, random } = this.#options;
    const tokenHash = hashInviteToken(token);
    const { spki } = await verifyCertificateRequest(csr);
    authority.checkInvite(tokenHash, { user, device, spki });
    const { serverCertificateHash } = applicant;
    const context = { csr, tokenHash, user, device, rootHash: this.#rootHash, serverCertificateHash };
    const pending = await beginEnrollment(context, { now: clock(), random });
    const enrollment = random(ENROLLMENT_ID_BYTES);
    this.#remember(encodeHex(enrollment), pending, applicant);
    return { enrollment, ...pending.challenge };
  }

  /**
   * Checks the proof, redeems the invite and issues the certificate.
   *
   * @throws {ProtocolError} `enrollment-unknown`
   * @throws {AuthenticationError} `challenge-expired`, `challenge-failed`,
   * `invite-unknown`, `invite-used`, `invite-expired`, `device-exists`
   */
  async finish(
    { enrollment, proof }: OperationRequest<"enroll-finish">,
    applicant: Applicant,
  ): Promise<OperationResponse<"enroll-finish">> {
    const id = encodeHex(enrollment);
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.applicant !== applicant) {
      throw new ProtocolError("enrollment-unknown", "no such enrolment was begun on this connection", {
        hint: "enrol again",
      });
    }
    this.#pending.delete(id);
    const { authority, clock, onIssued } = this.#options;
    const { tokenHash, ...proven } = await pending.enrollment.finish(proof, clock());
    const issuance = await authority.redeemInvite(tokenHash, proven);
    await onIssued(issuance);
    return { certificates: authority.chainOf(issuance.certificate) };
  }

  /** Forgets what a connection that is over has begun. */
  abandon(applicant: Applicant): void {
    for (const [id, pending] of this.#pending) if (pending.applicant === applicant) this.#pending.delete(id);
  }

  #remember(id: string, enrollment: PendingEnrollment, applicant: Applicant): void {
    const now = this.#options.clock();
    for (const [old, { enrollment: { expiresAt } }] of this.#pending) {
      if (expiresAt < now) this.#pending.delete(old);
    }
    if (this.#pending.size >= this.#options.limits.maxPendingEnrollments) {
      throw new ProtocolError("too-many-enrollments", "too many devices are enrolling now", {
        hint: "try again in a minute",
      });
    }
    this.#pending.set(id, { enrollment, applicant });
  }
}
