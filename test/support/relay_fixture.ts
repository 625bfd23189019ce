import { getLogger } from "@logtape/logtape";
import {
  type CertificateAuthority,
  ChainVerifier,
  exportPrivateKey,
  formatCertificates,
  generateKeyPair,
  hashCertificate,
} from "../../lib/pki/mod.ts";
import { type Relay, type RelayLimits, type RelayLog, startRelay } from "../../lib/relay/mod.ts";
import { type CaFolder, initCa, openCa } from "../../lib/store/mod.ts";
import {
  type ChainCheck,
  type ClientConnection,
  dial,
  type TlsIdentity,
  type VerifiedPeer,
} from "../../lib/transport/mod.ts";
import type { DeviceRef, OperationResponse, Push } from "../../lib/wire/mod.ts";
import { fakeCommit, fakeMessage, fakeWelcome, randomId } from "./mailbox_fixture.ts";

/** Issues a device's certificate with a new key. */
export async function issueDevice(authority: CertificateAuthority, device: DeviceRef): Promise<TlsIdentity> {
  const keys = await generateKeyPair("ed25519");
  const { certificate } = await authority.issueDevice({ ...device, spki: keys.spki });
  return {
    keyPem: await exportPrivateKey(keys.privateKey),
    certificatesPem: formatCertificates([certificate]),
  };
}

/** How a client checks the relay of this authority. */
export function checkRelay(authority: CertificateAuthority): ChainCheck {
  const verifier = new ChainVerifier({ roots: [authority.certificate] });
  return async (chain): Promise<VerifiedPeer> => {
    const request = { chain, usage: "server" as const, serverName: "127.0.0.1", now: new Date() };
    const { serial, notAfter, certificate } = await verifier.verify(request);
    return { serial, notAfter, fingerprint: hashCertificate(certificate).toHex() };
  };
}

/** A device that is connected and has said hello. */
export interface TestDevice extends AsyncDisposable {
  device: DeviceRef;
  connection: ClientConnection;
  hello: OperationResponse<"hello">;
  /** What was pushed until now. */
  pushes: Push[];
  /** Waits until the pushes until now are as wanted. */
  pushed(wanted: (pushes: Push[]) => boolean): Promise<Push[]>;
}

/** Connects to a relay on 127.0.0.1. */
export async function connectDevice(
  authority: CertificateAuthority,
  port: number,
  device: DeviceRef,
  identity: TlsIdentity,
): Promise<TestDevice> {
  const connection = await dial({ host: "127.0.0.1", port, identity, checkServer: checkRelay(authority) });
  const pushes: Push[] = [];
  let arrived = Promise.withResolvers<void>();
  connection.onPush((push) => {
    pushes.push(push);
    arrived.resolve();
    arrived = Promise.withResolvers<void>();
  });
  return {
    device,
    connection,
    hello: await connection.request("hello", { version: 1, agent: "test" }),
    pushes,
    async pushed(wanted) {
      while (!wanted(pushes)) await arrived.promise;
      return pushes;
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** A relay in this process with an authority, both in a temporary folder. */
export class TestRelay implements AsyncDisposable {
  readonly folder: string;
  /** What the relay holds. */
  readonly ca: CaFolder;
  /** As another process would hold it (`parley ca`). */
  readonly admin: CaFolder;
  readonly relay: Relay;
  readonly #clock: { aheadMs: number };

  private constructor(
    folder: string,
    ca: CaFolder,
    admin: CaFolder,
    relay: Relay,
    clock: { aheadMs: number },
  ) {
    this.folder = folder;
    this.ca = ca;
    this.admin = admin;
    this.relay = relay;
    this.#clock = clock;
  }

  /** Makes an authority and starts a relay. */
  static async start(
    limits: Partial<RelayLimits> = {},
    { leafLifetimeMs, log }: { leafLifetimeMs?: number; log?: RelayLog } = {},
  ): Promise<TestRelay> {
    const folder = await Deno.makeTempDir({ prefix: "parley-relay-" });
    await initCa(`${folder}/ca`, { name: "Test CA" });
    const state = { aheadMs: 0 };
    const clock = () => new Date(Date.now() + state.aheadMs);
    const options = { clock, ...(leafLifetimeMs !== undefined && { leafLifetimeMs }) };
    const ca = openCa(`${folder}/ca`, options);
    const relay = await startTestRelay(folder, ca, { limits, clock, ...(log && { log }) });
    return new TestRelay(folder, ca, openCa(`${folder}/ca`, options), relay, state);
  }

  /** The time of relay and authority. */
  now(): Date {
    return new Date(Date.now() + this.#clock.aheadMs);
  }

  /** Turns the clock of relay and authority on. */
  pass(ms: number): void {
    this.#clock.aheadMs += ms;
  }

  get port(): number {
    return this.relay.address.port;
  }

  /** Issues a certificate for `USER/DEVICE` and connects with it. */
  async device(name: string): Promise<TestDevice> {
    const [user = "", device = ""] = name.split("/");
    const identity = await issueDevice(this.admin.authority, { user, device });
    return await connectDevice(this.admin.authority, this.port, { user, device }, identity);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relay.close();
    this.ca.close();
    this.admin.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Starts a relay on 127.0.0.1, on a free port where none is given, in the folder `relay` beside the authority's. */
export function startTestRelay(
  folder: string,
  ca: CaFolder,
  options: {
    limits?: Partial<RelayLimits>;
    clock?: () => Date;
    names?: string[];
    log?: RelayLog;
    port?: number;
  } = {},
): Promise<Relay> {
  return startRelay({
    ca,
    data: `${folder}/relay`,
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    names: options.names ?? ["localhost", "127.0.0.1"],
    log: options.log ?? getLogger(["parley", "test"]),
    ...(options.limits && { limits: options.limits }),
    ...(options.clock && { clock: options.clock }),
  });
}

/** Creates a group of the author and others; its epoch is 1. */
export async function createGroup(author: TestDevice, ...others: TestDevice[]): Promise<string> {
  const mailbox = `group:${randomId().toHex()}`;
  await author.connection.request("commit", {
    mailbox,
    id: randomId(),
    commit: fakeCommit(mailbox, 0),
    add: others.map(({ device }) => device),
    remove: [],
    ...(others.length > 0 && { welcome: fakeWelcome() }),
  });
  return mailbox;
}

/** Appends a message. */
export function append(
  from: TestDevice,
  mailbox: string,
  epoch: number,
  body: number | string = "x",
): Promise<OperationResponse<"append">> {
  return from.connection.request("append", {
    mailbox,
    id: randomId(),
    message: fakeMessage(mailbox, epoch, body),
  });
}

/** The sequence numbers of a mailbox's entries among pushes. */
export function pushedSeqs(pushes: Push[], mailbox: string): number[] {
  return pushes.flatMap((push) =>
    push.push === "entries" && push.mailbox === mailbox ? push.entries.map(({ seq }) => seq) : []
  );
}
