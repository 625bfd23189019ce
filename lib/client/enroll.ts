import { setTimeout as sleep } from "node:timers/promises";
import { equalBytes } from "../bytes/mod.ts";
import { type RandomSource, systemRandom } from "../crypto/mod.ts";
import { AuthenticationError, InternalError, ParleyError, TimeoutError, UsageError } from "../errors/mod.ts";
import {
  answerChallenge,
  approvalCode,
  type Clock,
  createCertificateRequest,
  fingerprintOf,
  hashCertificate,
  hashInviteToken,
  type KeyPair,
  parseName,
  verifyChain,
} from "../pki/mod.ts";
import { type ClientConnection, dial } from "../transport/mod.ts";
import { type DeviceRef, PROTOCOL_VERSION } from "../wire/mod.ts";
import { EnrollmentDraft } from "./enrollment_draft.ts";
import { type EnrollmentPlace, type EnrollmentRight, isTrusted, placeOf } from "./enrollment_right.ts";
import { toPeer } from "./trust.ts";

/** What is needed to enrol. */
export interface EnrollOptions {
  /** The data folder. */
  home: string;
  /** By what right. */
  right: EnrollmentRight;
  /** The name for this device. */
  device: string;
  /** Protects the keys at rest; without it only the files' mode does. */
  passphrase?: Uint8Array;
  /** What the relay is told, such as `parley/0.1.0`. */
  agent: string;
  /** The time. */
  clock?: Clock;
  /** Randomness. */
  random?: RandomSource;
  /** Gives up. */
  signal?: AbortSignal;
}

/** What enrolling brought. */
export interface Enrolled extends DeviceRef {
  /** Where the identity's files are. */
  folder: string;
  /** The fingerprint of the device's key. */
  fingerprint: string;
  /** When the certificate expires. */
  expires: Date;
}

/** Waiting times between two questions for the operator's word. */
const FIRST_POLL_MS = 500, LAST_POLL_MS = 10_000;

/**
 * Enrols this device: makes a key, trusts the CA whose fingerprint it was given and nobody else, proves to it
 * that the key is held, and keeps the certificate. The key is on disk before anything is asked, so that an
 * attempt that is cut off, or that waits for the operator, is taken up by the next one.
 *
 * @throws {DecodeError} `invite-malformed`
 * @throws {UsageError} `name-malformed`, `identity-exists`, `invite-device`
 * @throws {AuthenticationError} `ca-mismatch`, `invite-unknown`, `invite-used`, `invite-expired`, `invite-revoked`,
 * `credentials-wrong`, `request-denied`, `device-exists`, and what the relay's certificate is refused for
 * @throws {TimeoutError} `approval-pending` where the operator is not waited for
 * @throws {NetworkError} where the relay cannot be reached
 */
export async function enroll(options: EnrollOptions): Promise<Enrolled> {
  const { random = systemRandom, clock = () => new Date(), right, passphrase } = options;
  const place = placeOf(right);
  const ref = { user: place.user, device: parseName(options.device, "device") };
  if (place.device !== undefined && place.device !== ref.device) throw otherDevice(place.device);
  const draft = await EnrollmentDraft.open(options.home, ref);
  const applicant = { ...options, clock, place, ref, draft, keys: await draft.keys(passphrase, random) };
  const { certificates, root } = await obtainCertificates(applicant);
  const verified = await verifyChain({ chain: certificates, roots: [root], usage: "device", now: clock() });
  const { keys: { spki } } = applicant;
  if (!equalBytes(verified.spki, spki) || verified.user !== ref.user || verified.device !== ref.device) {
    throw new AuthenticationError("cert-name", "the CA issued a certificate for another key or device");
  }
  const folder = await draft.finish({ certificates, root, ...place.relay }, passphrase, random);
  return { ...ref, folder, fingerprint: fingerprintOf(spki), expires: verified.notAfter };
}

interface ApplicantState extends EnrollOptions {
  clock: Clock;
  place: ReturnType<typeof placeOf>;
  ref: DeviceRef;
  draft: EnrollmentDraft;
  keys: KeyPair;
}

interface Issued {
  certificates: Uint8Array[];
  root: Uint8Array;
}

async function obtainCertificates(applicant: ApplicantState): Promise<Issued> {
  const { right, draft } = applicant;
  if (right.kind !== "approval") {
    const outcome = await withRelay(applicant, (connection, root) => prove(applicant, connection, root));
    if (outcome !== undefined) return outcome;
    throw new InternalError("an enrolment was put into a queue that nobody asked for");
  }
  if (draft.request() === undefined) {
    await withRelay(applicant, (connection, root) => prove(applicant, connection, root));
  }
  right.onCode(draft.request()?.code ?? "");
  for (let delayMs = FIRST_POLL_MS;; delayMs = Math.min(delayMs * 2, LAST_POLL_MS)) {
    const issued = await withRelay(applicant, (connection, root) => collect(draft, connection, root));
    if (issued !== undefined) return issued;
    if (!right.wait) {
      throw new TimeoutError("approval-pending", "the operator has not approved the request yet", {
        hint: "run the same command again to ask whether it is approved",
      });
    }
    await sleep(delayMs, undefined, { signal: applicant.signal });
  }
}

function otherDevice(device: string): UsageError {
  return new UsageError("invite-device", `the invite is for a device named ${device}`, {
    hint: "leave out --device",
  });
}

/** Connects, and finds that the relay belongs to the authority that is trusted, before anything else is said. */
async function withRelay<T>(
  { place, agent, clock, signal }: ApplicantState,
  work: (connection: ClientConnection, root: Uint8Array) => Promise<T>,
): Promise<T> {
  const { host, port } = place.relay;
  const connection = await dial({ host, port, checkServer: "deferred", signal });
  try {
    return await work(connection, await verifyRelay(connection, agent, place, clock));
  } finally {
    await connection.close();
  }
}

/** Finds the trusted root among the relay's authorities and checks the relay's certificate under it. */
async function verifyRelay(
  connection: ClientConnection,
  agent: string,
  { authority, relay }: EnrollmentPlace,
  clock: Clock,
): Promise<Uint8Array> {
  const { authorities, crl } = await connection.request("hello", { version: PROTOCOL_VERSION, agent });
  const root = authorities.find((one) => isTrusted(one, authority));
  if (root === undefined) {
    throw new AuthenticationError("ca-mismatch", "the relay does not belong to the CA that was named", {
      hint:
        "ask whoever gave you the invite or the fingerprint whether it is the newest; someone may stand " +
        "between you and the relay",
    });
  }
  await connection.verifyPeer(async (chain) => {
    const intermediates = authorities.filter((one) => one !== root);
    return toPeer(
      await verifyChain({
        chain: [...chain.slice(0, 1), ...intermediates],
        roots: [root],
        crls: crl === undefined ? [] : [crl],
        usage: "server",
        now: clock(),
        serverName: relay.host,
      }),
    );
  });
  return root;
}

/** Proves that the key is held. Undefined where the applicant is in the operator's queue now. */
async function prove(
  { right, place: { token }, ref, draft, keys }: ApplicantState,
  connection: ClientConnection,
  root: Uint8Array,
): Promise<Issued | undefined> {
  const csr = await createCertificateRequest(keys, `${ref.user}/${ref.device}`);
  const password = right.kind === "password" ? new Uint8Array(right.password) : undefined;
  const begun = await connection.request("enroll-begin", { csr, token, password, ...ref });
  const context = {
    csr,
    tokenHash: token === undefined ? new Uint8Array() : hashInviteToken(token),
    ...ref,
    rootHash: hashCertificate(root),
    serverCertificateHash: hashCertificate(connection.peerChain[0]!),
  };
  const proof = await answerChallenge(begun, context, keys);
  const outcome = await connection.request("enroll-finish", { enrollment: begun.enrollment, proof });
  if ("certificates" in outcome) return { certificates: outcome.certificates, root };
  draft.keepRequest({ id: outcome.request, code: approvalCode(context, begun.challenge) });
}

/** Asks for the operator's word. A request that has an end is forgotten, so that the next attempt begins anew. */
async function collect(
  draft: EnrollmentDraft,
  connection: ClientConnection,
  root: Uint8Array,
): Promise<Issued | undefined> {
  const request = draft.request();
  if (request === undefined) throw new InternalError("there is no request to ask for");
  try {
    const { certificates } = await connection.request("enroll-collect", { request: request.id });
    return certificates && { certificates, root };
  } catch (error) {
    if (error instanceof ParleyError && error.kind === "authentication") draft.forgetRequest();
    throw error;
  }
}
