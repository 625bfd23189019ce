import { encodeHex, equalBytes } from "../bytes/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  AuthenticationError,
  InternalError,
  NetworkError,
  type ParleyError,
  ProtocolError,
  toParleyError,
} from "../errors/mod.ts";
import {
  type Clock,
  formatCertificates,
  hashCertificate,
  parseCertificate,
  RENEWAL_GRACE_MS,
  type VerifiedCertificate,
} from "../pki/mod.ts";
import {
  BlobStore,
  type MailboxStore,
  type NewEntries,
  RelayFolder,
  SqliteMailboxStore,
} from "../store/mod.ts";
import { listen, type Listener, type RelayConnection, type VerifiedPeer } from "../transport/mod.ts";
import { AuthorityWatch, CLOCK_SKEW_MS, type KeyedDevice, type RelayAuthority } from "./authority_watch.ts";
import { DeviceService } from "./device_service.ts";
import { BlobService } from "./blob_service.ts";
import { GroupInfoDesk } from "./group_info_desk.ts";
import { EnrollmentService } from "./enrollment_service.ts";
import { Presence } from "./presence.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { RelayCounters, type RelayStats } from "./relay_counters.ts";
import { defaultRelayLimits, type RelayLimits } from "./relay_limits.ts";
import type { RelayLog } from "./relay_log.ts";
import { ReceiptSigner } from "./receipt_signer.ts";
import { createRequestHandler, type RequestContext } from "./request_handler.ts";
import { obtainServerIdentity, type ServerIdentity } from "./server_identity.ts";
import { type DevicePeer, Session } from "./session.ts";
import { SessionTable } from "./session_table.ts";

/** How to start a relay. */
export interface RelayOptions {
  /** The authority whose devices it serves and for which it enrols; stays open as long as the relay. */
  ca: RelayAuthority;
  /** Its folder; made where there is none. */
  data: string;
  /** Name or address to bind. */
  hostname: string;
  /** Port to bind; 0 for any. */
  port: number;
  /** DNS names and addresses under which clients reach it; they stand in its certificate. */
  names: string[];
  /** The present time. Default: the system's clock. */
  clock?: Clock;
  /** Where it writes what happens: connections and errors, never messages or secrets. */
  log: RelayLog;
  /** Bounds that differ from the default. */
  limits?: Partial<RelayLimits>;
}

/** A relay at work. */
export interface Relay {
  /** Where it listens. */
  readonly address: { hostname: string; port: number };
  /** How it is at this moment. */
  stats(): Promise<RelayStats>;
  /** Stops accepting, answers what is under way, writes everything to disk and gives its folder free. Closing twice is allowed. */
  close(): Promise<void>;
}

/** How often it looks for revocations and expired certificates. */
const TICK_MS = 250;
/** How often it deletes what is past its time and looks at its own certificate. */
const MAINTENANCE_MS = 60 * 60_000;
const RENEWAL_RETRY_MS = 60_000;
/** How often it writes down who was connected. */
const PRESENCE_MS = 60_000;
const AGENT = "parley-relay";

/**
 * Starts a relay: opens its folder, gets itself a certificate of the authority, and listens. It serves devices
 * with a certificate of the authority, enrols others that hold an invite, and within a second closes the
 * connections of devices that are revoked.
 *
 * @throws {StorageError} `relay-locked`, `storage-unwritable`, and what opening a database throws
 * @throws {UsageError} `server-name-malformed`
 * @throws {AuthenticationError} `passphrase-required`, `passphrase-wrong`, for the authority's key
 * @throws {NetworkError} `listen-failed`
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const folder = RelayFolder.open(options.data);
  let server: RelayServer | undefined;
  try {
    server = new RelayServer(folder, options);
    await server.open();
    return server;
  } catch (error) {
    if (server === undefined) folder.close();
    else await server.close();
    throw error;
  }
}

class RelayServer implements Relay {
  readonly #folder: RelayFolder;
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #log: RelayLog;
  readonly #limits: RelayLimits;
  readonly #store: MailboxStore;
  readonly #blobStore: BlobStore;
  readonly #blobs: BlobService;
  readonly #presence: Presence;
  readonly #watch: AuthorityWatch;
  readonly #sessions = new SessionTable();
  readonly #counters = new RelayCounters();
  readonly #context: RequestContext;
  /** Revoked devices that are still to be dropped from the store. */
  readonly #toDrop = new Set<KeyedDevice>();
  readonly #running = new Set<Promise<void>>();
  #certificateHash: Uint8Array = new Uint8Array();
  #receiptSigner: ReceiptSigner | undefined;
  #certificateNotAfter = new Date(0);
  #renewalDue = new Date(0);
  #listener: Listener | undefined;
  #timers: ReturnType<typeof setInterval>[] = [];
  #ticking = false;
  #settling: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(folder: RelayFolder, options: RelayOptions) {
    const { ca, clock = () => new Date() } = options;
    this.#folder = folder;
    this.#options = options;
    this.#clock = clock;
    this.#log = options.log;
    this.#limits = { ...defaultRelayLimits, ...options.limits };
    this.#watch = new AuthorityWatch(ca, clock);
    this.#store = SqliteMailboxStore.open({
      path: folder.mailboxesPath,
      clock: () => clock().getTime(),
      limits: this.#limits.mailboxes,
      onError: (error) => this.#logFailure("the storage failed in between", error),
    });
    this.#blobStore = BlobStore.open({
      databasePath: folder.blobCatalogPath,
      folder: folder.blobsPath,
      clock: () => clock().getTime(),
      limits: this.#limits.blobs,
    });
    this.#blobs = new BlobService({ blobs: this.#blobStore, mailboxes: this.#store, limits: this.#limits });
    this.#store.onEntries((batch) => this.#distribute(batch));
    this.#presence = new Presence(this.#store);
    const { requestsPerSecond: perSecond, requestBurst: burst } = this.#limits;
    this.#context = {
      store: this.#store,
      blobs: this.#blobs,
      watch: this.#watch,
      freshCrl: () => this.#freshCrl(),
      ca: ca.authority,
      authorities: [...ca.authority.chain],
      sessions: this.#sessions,
      enrollment: this.#enrollment(),
      devices: this.#devices(),
      groupInfos: new GroupInfoDesk({ store: this.#store, sessions: this.#sessions }),
      limiter: new RateLimiter({ perSecond, burst }, () => performance.now()),
      counters: this.#counters,
      receiptSigner: () => this.#requireSigner(),
      clock,
      agent: AGENT,
    };
  }

  get address(): { hostname: string; port: number } {
    return this.#listener?.address ?? { hostname: this.#options.hostname, port: this.#options.port };
  }

  async open(): Promise<void> {
    const { ca, hostname, port } = this.#options;
    this.#refresh();
    await this.#settleRevocations();
    const identity = await this.#obtainIdentity();
    await this.#store.expire(this.#clock().getTime() - this.#limits.retentionMs);
    await this.#blobs.maintain();
    this.#listener = await listen({
      hostname,
      port,
      identity: identity.tls,
      clientAuthorities: formatCertificates([...ca.authority.chain]),
      checkClient: (chain) => this.#checkClient(chain),
      onConnection: (connection) => this.#onConnection(connection),
      onInternalError: (error) => this.#logFailure("a request failed", error),
      limits: this.#limits.connections,
    });
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#maintain(), MAINTENANCE_MS),
      setInterval(() => this.#notePresence(), PRESENCE_MS),
    ];
    this.#log.info("relay listens on {hostname}:{port}", { ...this.address });
  }

  async stats(): Promise<RelayStats> {
    return {
      counters: this.#counters,
      openConnections: this.#listener?.connections ?? 0,
      devicesOnline: this.#sessions.devices,
      ...await this.#folder.usage(),
      files: await this.#blobs.usage(),
      certificateNotAfter: this.#certificateNotAfter,
    };
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#timers.forEach(clearInterval);
    await this.#listener?.close(
      new NetworkError("relay-stopping", "the relay is shutting down", { hint: "try again in a moment" }),
    );
    this.#notePresence();
    await Promise.all(this.#running);
    try {
      await this.#blobStore.close();
      await this.#store.close();
    } finally {
      this.#folder.close();
    }
    this.#log.info("relay stopped");
  }

  #enrollment(): EnrollmentService {
    return new EnrollmentService({
      ca: this.#options.ca,
      clock: this.#clock,
      random: systemRandom,
      limits: this.#limits,
      onIssued: async ({ user, device, serial, fingerprint }) => {
        if (user === undefined || device === undefined) return;
        await this.#store.registerDevice({ user, device }, fingerprint);
        this.#counters.enrolled++;
        this.#log.info("enrolled {user}/{device}", { user, device, serial });
      },
    });
  }

  #devices(): DeviceService {
    return new DeviceService({
      ca: this.#options.ca,
      watch: this.#watch,
      presence: this.#presence,
      store: this.#store,
      sessions: this.#sessions,
      limits: this.#limits,
      log: this.#log,
      settleRevocations: async () => {
        this.#refresh();
        await this.#settling;
        await this.#settleRevocations();
      },
    });
  }

  async #checkClient(chain: Uint8Array<ArrayBuffer>[]): Promise<DevicePeer> {
    // The next tick may be a quarter of a second away; a device revoked just now is refused just now.
    this.#refresh();
    const { verified, expired } = await this.#verifyClient(chain);
    const { user, device, serial, notAfter, certificate, fingerprint: key } = verified;
    if (user === undefined || device === undefined) {
      throw new AuthenticationError("cert-name", "certificate refused: it names no device");
    }
    if (this.#watch.isRevoked(serial)) throw revoked();
    const fingerprint = encodeHex(hashCertificate(certificate));
    return { device: { user, device }, key, serial, notAfter, fingerprint, expired };
  }

  /** An expired certificate passes for as long as it may be renewed, if all else about it is in order. */
  async #verifyClient(
    chain: Uint8Array<ArrayBuffer>[],
  ): Promise<{ verified: VerifiedCertificate; expired: boolean }> {
    const { verifier } = this.#watch;
    const now = this.#clock();
    try {
      return { verified: await verifier.verify({ chain, usage: "device", now }), expired: false };
    } catch (error) {
      if (!(error instanceof AuthenticationError) || error.code !== "cert-expired") throw error;
      const { notAfter } = parseCertificate(chain[0]!);
      if (notAfter.getTime() + RENEWAL_GRACE_MS < now.getTime()) throw error;
      const verified = await verifier.verify({ chain, usage: "device", now: notAfter });
      return { verified, expired: true };
    }
  }

  #onConnection(connection: RelayConnection): void {
    this.#counters.connections++;
    const applicant = { address: connection.remoteAddress, serverCertificateHash: this.#certificateHash };
    const session = this.#createSession(connection);
    connection.handle(createRequestHandler(this.#context, session, applicant));
    const who = { device: session?.name ?? "nobody", address: connection.remoteAddress };
    this.#log.info("connected: {device} from {address}", who);
    void connection.closed.then((reason) => {
      if (session !== undefined) this.#leave(session);
      this.#context.enrollment.abandon(applicant);
      this.#log.info("disconnected: {device} from {address}", { ...who, code: reason?.code });
    });
    const refusal = session && this.#refusal(session);
    if (refusal !== undefined) void connection.close(refusal);
    else if (session !== undefined) this.#sessions.add(session);
  }

  #leave(session: Session): void {
    this.#sessions.remove(session);
    this.#context.groupInfos.leave(session);
    this.#presence.note(session.device, this.#clock().getTime());
  }

  #createSession(connection: RelayConnection): Session | undefined {
    const { peer } = connection;
    return isDevice(peer) ? new Session(connection, peer, () => this.#watch.crl.der) : undefined;
  }

  #refusal({ device, peer }: Session): ParleyError | undefined {
    // It may have been revoked after its certificate was checked.
    if (this.#watch.isRevoked(peer.serial)) return revoked();
    if (this.#sessions.count(device) < this.#limits.maxConnectionsPerDevice) return undefined;
    return new ProtocolError("too-many-connections", "this device has too many connections");
  }

  #distribute(batch: NewEntries[]): void {
    for (const one of batch) {
      this.#counters.entries += one.last - one.first + 1;
      this.#counters.entryBytes += one.bytes;
      this.#sessions.distribute(one);
    }
  }

  #tick(): void {
    for (const session of this.#sessions) session.settle();
    if (this.#ticking) return;
    this.#ticking = true;
    this.#run("revocations could not be handled", async () => {
      this.#refresh();
      this.#closeExpired();
      const count = await this.#store.expireMessages(this.#clock().getTime());
      if (count > 0) this.#log.info("{count} messages have expired", { count });
      await this.#settleRevocations();
      if (this.#clock() >= this.#renewalDue) await this.#renewIdentity();
    }, () => this.#ticking = false);
  }

  /** A connection lasts for as long as its key has a certificate: the one it began with may be renewed meanwhile. */
  #closeExpired(): void {
    const now = this.#clock().getTime();
    for (const session of this.#sessions) {
      const { expired: isExpired, notAfter } = session.peer;
      const until = isExpired
        ? notAfter.getTime() + RENEWAL_GRACE_MS
        : Math.max(notAfter.getTime(), this.#watch.keyValidUntil(session.peer)) + CLOCK_SKEW_MS;
      if (until < now) void session.close(expired());
    }
  }

  /** Looks at the authority's log, and closes the connections whose certificates it revokes. */
  #refresh(): void {
    for (const dropped of this.#watch.refresh()) this.#toDrop.add(dropped);
    for (const session of this.#sessions) {
      if (!this.#watch.isRevoked(session.peer.serial)) continue;
      this.#log.info("revoked: {device}", { device: session.name, serial: session.peer.serial });
      this.#counters.revoked++;
      this.#sessions.remove(session);
      void session.close(revoked());
    }
  }

  /** Drops what revoked devices have here and tells the others; what fails is tried again at the next tick. */
  #settleRevocations(): Promise<void> {
    return this.#settling ??= this.#settleNow().finally(() => this.#settling = undefined);
  }

  /** The CRL for whoever says hello: what was revoked a moment ago is in it, though the next tick is to come. */
  async #freshCrl(): Promise<{ der: Uint8Array<ArrayBuffer>; number: number }> {
    try {
      await this.#settling;
      if (!this.#watch.isCrlCurrent) await this.#settleRevocations();
    } catch (error) {
      this.#logFailure("revocations could not be handled", error);
    }
    return this.#watch.crl;
  }

  async #settleNow(): Promise<void> {
    for (const dropped of this.#toDrop) {
      await this.#store.dropDevice(dropped.device, dropped.key);
      this.#toDrop.delete(dropped);
    }
    if (!await this.#watch.refreshCrl()) return;
    for (const session of this.#sessions) session.pushCrl();
  }

  #notePresence(): void {
    this.#run("presence could not be written down", () => this.#presence.flush());
  }

  #maintain(): void {
    this.#run("maintenance failed", async () => {
      await this.#store.expire(this.#clock().getTime() - this.#limits.retentionMs);
      await this.#blobs.maintain();
      await this.#renewIdentity();
    });
  }

  /** Shows new connections a certificate with enough of its life before it; those that are open stay. */
  async #renewIdentity(): Promise<void> {
    const before = this.#certificateHash;
    // Where it fails, not at every tick again.
    this.#renewalDue = new Date(this.#clock().getTime() + RENEWAL_RETRY_MS);
    const identity = await this.#obtainIdentity();
    if (equalBytes(identity.certificateHash, before)) return;
    this.#listener?.setIdentity(identity.tls);
    this.#log.info("the relay's certificate is renewed until {until}", { until: identity.notAfter });
  }

  async #obtainIdentity(): Promise<ServerIdentity> {
    const identity = await obtainServerIdentity(this.#folder, {
      authority: this.#options.ca.authority,
      crl: this.#watch.crl.der,
      names: this.#options.names,
      clock: this.#clock,
    });
    this.#certificateHash = identity.certificateHash;
    this.#receiptSigner = new ReceiptSigner(identity.tls);
    this.#certificateNotAfter = identity.notAfter;
    this.#renewalDue = identity.renewalDue;
    return identity;
  }

  #requireSigner(): ReceiptSigner {
    if (this.#receiptSigner === undefined) throw new InternalError("a request came before the identity");
    return this.#receiptSigner;
  }

  /** Runs work that nobody waits for until the relay closes. */
  #run(what: string, work: () => Promise<void>, done?: () => void): void {
    const running = work().catch((error) => this.#logFailure(what, error)).finally(() => {
      this.#running.delete(running);
      done?.();
    });
    this.#running.add(running);
  }

  #logFailure(what: string, error: unknown): void {
    this.#counters.failures++;
    const { code, message, kind, cause } = toParleyError(error);
    const bug = cause instanceof Error ? cause : error;
    const stack = kind === "internal" && bug instanceof Error ? bug.stack : undefined;
    this.#log.error("{what}: {code}: {message}", { what, code, message, stack });
  }
}

function isDevice(peer: VerifiedPeer | undefined): peer is DevicePeer {
  return peer !== undefined && "key" in peer;
}

function revoked(): AuthenticationError {
  return new AuthenticationError("cert-revoked", "the device's certificate was revoked");
}

function expired(): AuthenticationError {
  return new AuthenticationError("cert-expired", "the device's certificate has expired", {
    hint: "have it renewed",
  });
}
