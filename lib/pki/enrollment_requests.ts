import type { RandomSource } from "../crypto/mod.ts";
import { AuthenticationError, ProtocolError, UsageError } from "../errors/mod.ts";
import { equalBytes } from "../bytes/mod.ts";
import { normalizeApprovalCode } from "./approval_code.ts";
import type { Issuance } from "./ca_log.ts";
import { parseCertificate } from "./certificate.ts";
import type { CertificateAuthority } from "./certificate_authority.ts";
import type { Clock } from "./clock.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Identity } from "./identity.ts";
import { DAY_MS } from "./lifetime.ts";

/** An applicant with a proven key that waits for the operator's word. */
export interface EnrollmentRequest extends Identity {
  /** 16 random bytes by which the applicant asks for the outcome. */
  id: Uint8Array<ArrayBuffer>;
  /** The public key to certify, as SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** What the applicant shows and the operator compares. */
  code: string;
  /** The address that the request came from. */
  address: string;
  /** When it came. */
  requestedAt: Date;
  /** After this instant it is forgotten. */
  expiresAt: Date;
  /** The operator's word; absent until it is given. */
  decision?: "approved" | "denied";
}

/** Where requests are kept, shared by several processes. Every method throws a StorageError where it cannot work. */
export interface EnrollmentRequestRecords {
  /** Adds a request. */
  add(request: EnrollmentRequest): void;
  /** Removes a request. */
  remove(id: Uint8Array): void;
  /** Notes the operator's word; false where it was given before. */
  decide(id: Uint8Array, decision: "approved" | "denied"): boolean;
  /** All requests, oldest first. */
  list(): EnrollmentRequest[];
  /** Finds a request. */
  find(id: Uint8Array): EnrollmentRequest | undefined;
}

const ID_BYTES = 16;
const LIFETIME_MS = 7 * DAY_MS;
const MAX_WAITING = 200;
const MAX_WAITING_PER_ADDRESS = 20;

/**
 * Applicants that wait for the operator's approval. Anyone can ask, so the queue is bounded, in all and for
 * each address. The certificate is issued when the applicant asks for the outcome.
 */
export class EnrollmentRequests {
  readonly #records: EnrollmentRequestRecords;
  readonly #authority: CertificateAuthority;
  readonly #clock: Clock;
  readonly #random: RandomSource;

  /** Works on records, for an authority. */
  constructor(
    options: {
      records: EnrollmentRequestRecords;
      authority: CertificateAuthority;
      clock: Clock;
      random: RandomSource;
    },
  ) {
    this.#records = options.records;
    this.#authority = options.authority;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /**
   * Takes a request; it takes the place of an earlier one for the same key.
   *
   * @throws {ProtocolError} `request-queue-full`
   */
  submit(
    applicant: Identity & { spki: Uint8Array; code: string; address: string },
  ): EnrollmentRequest {
    for (const one of this.#current()) {
      if (equalBytes(one.spki, applicant.spki)) this.#records.remove(one.id);
    }
    const waiting = this.list();
    const fromThere = waiting.filter(({ address }) => address === applicant.address);
    if (waiting.length >= MAX_WAITING || fromThere.length >= MAX_WAITING_PER_ADDRESS) {
      throw new ProtocolError("request-queue-full", "too many requests wait for approval", {
        hint: "ask the operator to look at them",
      });
    }
    const requestedAt = this.#clock();
    const expiresAt = new Date(requestedAt.getTime() + LIFETIME_MS);
    const request = { ...applicant, id: this.#random(ID_BYTES), requestedAt, expiresAt };
    this.#records.add(request);
    return request;
  }

  /** Requests that wait for the operator's word, oldest first. */
  list(): EnrollmentRequest[] {
    return this.#current().filter(({ decision }) => decision === undefined);
  }

  /**
   * Gives the operator's word on the request with this code.
   *
   * @throws {UsageError} `request-unknown`
   * @throws {AuthenticationError} `device-exists`, where it cannot be approved
   */
  decide(code: string, decision: "approved" | "denied"): EnrollmentRequest {
    const wanted = normalizeApprovalCode(code);
    const [request, ...more] = this.list().filter((one) => one.code === wanted);
    if (request === undefined || more.length > 0) throw unknownRequest();
    if (decision === "approved") this.#assertFree(request);
    if (!this.#records.decide(request.id, decision)) throw unknownRequest();
    return { ...request, decision };
  }

  /**
   * Gives an applicant the outcome: the certificate, which is issued now, or undefined where there is no word yet.
   *
   * @throws {AuthenticationError} `request-denied`, `request-unknown` also where it has expired,
   * `device-exists`, `cert-revoked`
   */
  async collect(id: Uint8Array): Promise<Issuance | undefined> {
    const request = this.#records.find(id);
    if (request === undefined || request.expiresAt < this.#clock()) {
      throw new AuthenticationError("request-unknown", "there is no such request, or it has expired", {
        hint: "ask again",
      });
    }
    if (request.decision === undefined) return undefined;
    if (request.decision === "denied") {
      throw new AuthenticationError("request-denied", "the operator has denied the request");
    }
    const issued = this.#issuedFor(request);
    if (issued === undefined) return await this.#authority.issueDevice(request);
    if (issued.revocation === undefined) return issued;
    throw new AuthenticationError("cert-revoked", "the certificate was issued and revoked since");
  }

  #issuedFor({ user, device, spki }: EnrollmentRequest) {
    const fingerprint = fingerprintOf(spki);
    return this.#authority.list({ user, device }).findLast((one) => one.fingerprint === fingerprint);
  }

  #assertFree({ user, device, spki }: EnrollmentRequest): void {
    const taken = this.#authority.list({ user, device }).some((one) =>
      this.#authority.statusOf(one) === "active" &&
      !equalBytes(parseCertificate(one.certificate).spki, spki)
    );
    if (!taken) return;
    throw new AuthenticationError("device-exists", `${user}/${device} has a certificate already`, {
      hint: "deny the request, or revoke that certificate first",
    });
  }

  /** Those that have not expired; the others are removed. */
  #current(): EnrollmentRequest[] {
    const now = this.#clock();
    const all = this.#records.list();
    for (const { id, expiresAt } of all) if (expiresAt < now) this.#records.remove(id);
    return all.filter(({ expiresAt }) => expiresAt >= now);
  }
}

function unknownRequest(): UsageError {
  return new UsageError("request-unknown", "no request with this code waits for approval", {
    hint: "'parley ca requests list' shows those that wait; compare the code with the applicant's",
  });
}
