import { AuthenticationError, ProtocolError } from "../errors/mod.ts";
import type { CertificateAuthority, Clock } from "../pki/mod.ts";
import type { MailboxStore } from "../store/mod.ts";
import { type Answer, LATER, type RequestHandler } from "../transport/mod.ts";
import {
  type DeviceRef,
  formatDeviceRef,
  limits,
  type OperationName,
  type OperationRequest,
  type OperationResponse,
  PROTOCOL_VERSION,
} from "../wire/mod.ts";
import type { AuthorityWatch } from "./authority_watch.ts";
import { certificateExpired } from "./certificate_error.ts";
import type { DeviceService } from "./device_service.ts";
import type { BlobService } from "./blob_service.ts";
import type { GroupInfoDesk } from "./group_info_desk.ts";
import type { Applicant, EnrollmentService } from "./enrollment_service.ts";
import type { ReceiptSigner } from "./receipt_signer.ts";
import type { RateLimiter } from "./rate_limiter.ts";
import type { RelayCounters } from "./relay_counters.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session_table.ts";

/** What requests are answered from. */
export interface RequestContext {
  /** The mailboxes. */
  store: MailboxStore;
  /** The files. */
  blobs: BlobService;
  /** What the authority says. */
  watch: AuthorityWatch;
  /** Gives the newest CRL, made anew where something was revoked since. */
  freshCrl: () => Promise<{ der: Uint8Array<ArrayBuffer>; number: number }>;
  /** The authority itself, which renews certificates. */
  ca: CertificateAuthority;
  /** Its certificates in DER, the root last. */
  authorities: Uint8Array<ArrayBuffer>[];
  /** Who is connected. */
  sessions: SessionTable;
  /** Enrols devices. */
  enrollment: EnrollmentService;
  /** What users do with their devices. */
  devices: DeviceService;
  /** Signs what the store has; with the relay's present key. */
  receiptSigner: () => ReceiptSigner;
  /** Gives out what devices enter conversations from outside by. */
  groupInfos: GroupInfoDesk;
  /** Bounds each device's requests. */
  limiter: RateLimiter;
  /** Counts what is asked. */
  counters: RelayCounters;
  /** The present time. */
  clock: Clock;
  /** What the relay says of itself. */
  agent: string;
}

type Answers = {
  [N in OperationName]: (
    fields: OperationRequest<N>,
    answer: Answer<N>,
  ) => Promise<OperationResponse<N>> | OperationResponse<N> | typeof LATER;
};

/** Answers the requests of one connection; without a session it can only enrol. */
export function createRequestHandler(
  context: RequestContext,
  session: Session | undefined,
  applicant: Applicant,
): RequestHandler {
  const hot: Partial<Answers> = session === undefined || session.peer.expired
    ? {}
    : messageAnswers(context, session);
  let greeted = false;
  return (op, fields, answer) => {
    context.counters.request(op);
    if (session !== undefined && !context.limiter.take(session.name)) {
      context.counters.rateLimited++;
      throw new ProtocolError("rate-limited", "this device asks too much", { hint: "wait a moment" });
    }
    if (op === "hello") greeted = true;
    else if (!greeted) throw new ProtocolError("hello-required", "the first request must be hello");
    const answering: Answers[typeof op] = hot[op] ?? answersOf(context, session, applicant)[op];
    return answering(fields, answer);
  };
}

/** Made for each request: kept, they would be a quarter of what an idle connection takes up. */
function answersOf(context: RequestContext, session: Session | undefined, applicant: Applicant): Answers {
  return {
    ...enrollmentAnswers(context, applicant),
    ...(session === undefined ? refusals : deviceAnswers(context, session)),
    ...(session?.peer.expired && expiredAnswers(context, session)),
    "hello": (fields) => answerHello(context, session, fields),
  };
}

/** What every message costs. */
function messageAnswers(
  { store }: RequestContext,
  { device: from }: Session,
): Pick<Answers, "append" | "ack"> {
  return {
    "append": ({ mailbox, id, message, expires }, answer) => {
      store.submitAppend({ mailbox, from, id, message, expires }, answer);
      return LATER;
    },
    "ack": ({ mailbox, seq }, answer) => {
      store.submitAck({ from, mailbox, seq }, answer);
      return LATER;
    },
  };
}

async function answerHello(
  { store, freshCrl, authorities, clock, agent }: RequestContext,
  session: Session | undefined,
  { version, crlNumber = 0 }: OperationRequest<"hello">,
): Promise<OperationResponse<"hello">> {
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError(
      "protocol-version",
      `the relay speaks version ${PROTOCOL_VERSION} of the protocol`,
      {
        hint: version < PROTOCOL_VERSION ? "update parley here" : "update parley on the relay",
      },
    );
  }
  // Before anything is awaited, so that the requests behind this one find the device registered.
  const isExpired = session?.peer.expired === true;
  if (session !== undefined && !isExpired) await store.registerDevice(session.device, session.peer.key);
  const crl = await freshCrl();
  return {
    version: PROTOCOL_VERSION,
    agent,
    time: clock().getTime(),
    authorities,
    ...(crl.number > crlNumber && { crl: crl.der }),
    ...(session !== undefined && {
      device: session.device,
      ...(isExpired ? { expired: true } : { keyPackages: await store.countKeyPackages(session.device) }),
    }),
  };
}

type EnrollmentOperation = "enroll-begin" | "enroll-finish" | "enroll-collect";

function enrollmentAnswers(
  { enrollment }: RequestContext,
  applicant: Applicant,
): Pick<Answers, EnrollmentOperation> {
  return {
    "enroll-begin": (fields) => enrollment.begin(fields, applicant),
    "enroll-finish": (fields) => enrollment.finish(fields, applicant),
    "enroll-collect": (fields) => enrollment.collect(fields, applicant),
  };
}

type DeviceAnswers = Omit<Answers, "hello" | EnrollmentOperation>;

function deviceAnswers(context: RequestContext, session: Session): DeviceAnswers {
  const { store } = context;
  const from = session.device;
  return {
    ...messageAnswers(context, session),
    "renew": () => renew(context, session),
    "publish-key-packages": async ({ packages, lastResort, replace }) => {
      const keyPackages = await store.publishKeyPackages(from, packages, lastResort, replace);
      // The first ones under a certificate: now it can be added to conversations.
      if (lastResort !== undefined) await context.devices.announce(session);
      return { keyPackages };
    },
    "take-key-packages": ({ devices }) => takeKeyPackages(store, devices),
    "devices": ({ users }) => listDevices(context, users),
    "mailboxes": async ({ after }) => {
      const mailboxes = await store.mailboxes(from, after, limits.maxMailboxes + 1);
      const more = mailboxes.length > limits.maxMailboxes;
      return { mailboxes: mailboxes.slice(0, limits.maxMailboxes), more };
    },
    "sync": ({ mailbox, after, limit }) => store.read(from, mailbox, after, limit),
    "commit": (fields) => store.commit({ ...fields, from }),
    "watch": async () => {
      if (session.watching) return {};
      session.watching = true;
      await context.groupInfos.welcome(session);
      return {};
    },
    "group-info": ({ mailbox }) => context.groupInfos.give(session, mailbox),
    "put-group-info": (fields) => context.groupInfos.take(session, fields),
    "receipt": async ({ mailbox, ids }) => {
      const entries = await store.stored(from, mailbox, ids);
      return context.receiptSigner().sign({ mailbox, entries });
    },
    ...context.blobs.answers(session),
    "link-device": (fields) => context.devices.link(fields, session),
    "revoke-device": (fields) => context.devices.revoke(fields, session),
    "certificates": (fields) => context.devices.certificates(fields, session),
  };
}

async function renew({ ca }: RequestContext, session: Session): Promise<OperationResponse<"renew">> {
  const { certificate } = await ca.renewDevice(session.peer.serial);
  return { certificates: ca.chainOf(certificate) };
}

/** All are taken in one turn, so in one transaction; each device's only once however often it is named. */
async function takeKeyPackages(
  store: MailboxStore,
  devices: DeviceRef[],
): Promise<OperationResponse<"take-key-packages">> {
  const distinct = new Map(devices.map((device) => [formatDeviceRef(device), device]));
  const taken = await Promise.all(
    [...distinct.values()].map(async (device) => ({
      device,
      keyPackage: await store.takeKeyPackage(device),
    })),
  );
  return {
    packages: taken.flatMap(({ device, keyPackage }) =>
      keyPackage === undefined ? [] : [{ device, keyPackage }]
    ),
  };
}

async function listDevices(
  { store, sessions, watch }: RequestContext,
  users: string[] | undefined,
): Promise<OperationResponse<"devices">> {
  const devices = await store.reachableDevices(users, limits.maxDevices);
  return {
    devices: devices.filter((device) => watch.isEnrolled(device)).map((device) => ({
      ...device,
      online: sessions.count(device) > 0,
    })),
  };
}

/** What a device may ask whose certificate has expired: to have it renewed. */
function expiredAnswers(context: RequestContext, session: Session): DeviceAnswers {
  const refuse = (): never => {
    throw certificateExpired();
  };
  const refused = Object.fromEntries(Object.keys(refusals).map((op) => [op, refuse]));
  return { ...(refused as unknown as DeviceAnswers), "renew": () => renew(context, session) };
}

/** The transport asks for a certificate before it comes to this; what may not happen is refused twice. */
function refuse(): never {
  throw new AuthenticationError("certificate-required", "this needs a client certificate", {
    hint: "enrol this device first",
  });
}

const refusals: DeviceAnswers = {
  "renew": refuse,
  "publish-key-packages": refuse,
  "take-key-packages": refuse,
  "devices": refuse,
  "mailboxes": refuse,
  "sync": refuse,
  "append": refuse,
  "commit": refuse,
  "ack": refuse,
  "watch": refuse,
  "group-info": refuse,
  "put-group-info": refuse,
  "receipt": refuse,
  "blob-begin": refuse,
  "blob-put": refuse,
  "blob-finish": refuse,
  "blob-get": refuse,
  "blob-done": refuse,
  "blob-delete": refuse,
  "link-device": refuse,
  "revoke-device": refuse,
  "certificates": refuse,
};
