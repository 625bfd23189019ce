import { systemRandom } from "../crypto/mod.ts";
import { NetworkError, toParleyError } from "../errors/mod.ts";
import { type Clock, formatCertificates } from "../pki/mod.ts";
import {
  BlobStore,
  type MailboxStore,
  type NewEntries,
  RelayFolder,
  SqliteMailboxStore,
} from "../store/mod.ts";
import { listen, type Listener } from "../transport/mod.ts";
import { AuthorityWatch, type RelayAuthority } from "./authority_watch.ts";
import { BlobService } from "./blob_service.ts";
import { CertificateWarden } from "./certificate_warden.ts";
import { checkClient } from "./check_client.ts";
import { type Chore, Chores } from "./chores.ts";
import { DeviceService } from "./device_service.ts";
import { EnrollmentService } from "./enrollment_service.ts";
import { GroupInfoDesk } from "./group_info_desk.ts";
import { Presence } from "./presence.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { Reception } from "./reception.ts";
import { RelayCounters, type RelayStats } from "./relay_counters.ts";
import { RelayIdentity } from "./relay_identity.ts";
import { defaultRelayLimits, type RelayLimits } from "./relay_limits.ts";
import type { RelayLog } from "./relay_log.ts";
import type { RequestContext } from "./request_handler.ts";
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

/** How often it looks for revocations, for certificates and messages that have expired, and for pushes that it owes. */
const TICK_MS = 250;
/** How often it deletes what is past its time and looks at its own certificate. */
const MAINTENANCE_MS = 60 * 60_000;
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
  const opened = new AsyncDisposableStack();
  let server: RelayServer | undefined;
  try {
    server = new RelayServer(opened, options);
    await server.open();
    return server;
  } catch (error) {
    await (server?.close() ?? opened.disposeAsync());
    throw error;
  }
}

class RelayServer implements Relay {
  /** What it has open, closed in the opposite order: the folder is free when all is written. */
  readonly #opened: AsyncDisposableStack;
  readonly #folder: RelayFolder;
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #log: RelayLog;
  readonly #limits: RelayLimits;
  readonly #store: MailboxStore;
  readonly #blobs: BlobService;
  readonly #presence: Presence;
  readonly #watch: AuthorityWatch;
  readonly #warden: CertificateWarden;
  readonly #identity: RelayIdentity;
  readonly #sessions = new SessionTable();
  readonly #counters = new RelayCounters();
  readonly #reception: Reception;
  readonly #chores = new Chores((failure, error) => this.#logFailure(failure, error));
  #listener: Listener | undefined;
  #closing: Promise<void> | undefined;

  /** Opens what it needs into `opened`, which is the caller's to close where this throws. */
  constructor(opened: AsyncDisposableStack, options: RelayOptions) {
    const { ca, clock = () => new Date() } = options;
    const folder = opened.adopt(RelayFolder.open(options.data), (folder) => folder.close());
    this.#opened = opened;
    this.#folder = folder;
    this.#options = options;
    this.#clock = clock;
    this.#log = options.log;
    this.#limits = { ...defaultRelayLimits, ...options.limits };
    this.#watch = new AuthorityWatch(ca, clock);
    const store = SqliteMailboxStore.open({
      path: folder.mailboxesPath,
      clock: () => clock().getTime(),
      limits: this.#limits.mailboxes,
      onError: (error) => this.#logFailure("the storage failed in between", error),
    });
    this.#store = opened.adopt(store, (store) => store.close());
    const blobs = BlobStore.open({
      databasePath: folder.blobCatalogPath,
      folder: folder.blobsPath,
      clock: () => clock().getTime(),
      limits: this.#limits.blobs,
    });
    opened.adopt(blobs, (blobs) => blobs.close());
    this.#blobs = new BlobService({ blobs, mailboxes: this.#store, limits: this.#limits });
    this.#store.onEntries((batch) => this.#distribute(batch));
    this.#presence = new Presence(this.#store);
    this.#warden = this.#createWarden();
    this.#identity = new RelayIdentity(folder, {
      authority: ca.authority,
      names: options.names,
      clock,
      crl: () => this.#watch.crl.der,
    });
    this.#reception = new Reception({
      context: this.#createContext(),
      identity: this.#identity,
      presence: this.#presence,
      limits: this.#limits,
      log: this.#log,
    });
  }

  get address(): { hostname: string; port: number } {
    return this.#listener?.address ?? { hostname: this.#options.hostname, port: this.#options.port };
  }

  async open(): Promise<void> {
    const { ca, hostname, port } = this.#options;
    this.#warden.refresh();
    await this.#warden.settle();
    const identity = await this.#identity.obtain();
    await this.#deleteOld();
    this.#listener = await listen({
      hostname,
      port,
      identity: identity.tls,
      clientAuthorities: formatCertificates([...ca.authority.chain]),
      checkClient: async (chain) => {
        // The next tick may be a quarter of a second away; a device revoked just now is refused just now.
        this.#warden.refresh();
        return await checkClient(chain, this.#watch, this.#clock());
      },
      onConnection: (connection) => this.#reception.receive(connection),
      onInternalError: (error) => this.#logFailure("a request failed", error),
      limits: this.#limits.connections,
    });
    this.#beginChores();
    this.#log.info("relay listens on {hostname}:{port}", { ...this.address });
  }

  async stats(): Promise<RelayStats> {
    return {
      counters: this.#counters,
      openConnections: this.#listener?.connections ?? 0,
      devicesOnline: this.#sessions.devices,
      ...await this.#folder.usage(),
      files: await this.#blobs.usage(),
      certificateNotAfter: this.#identity.current.notAfter,
    };
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#chores.stop();
    await this.#listener?.close(
      new NetworkError("relay-stopping", "the relay is shutting down", { hint: "try again in a moment" }),
    );
    this.#chores.once(this.#notingPresence);
    await this.#chores.finished();
    await this.#opened.disposeAsync();
    if (this.#listener !== undefined) this.#log.info("relay stopped");
  }

  get #notingPresence(): Chore {
    return { failure: "presence could not be written down", work: () => this.#presence.flush() };
  }

  #createWarden(): CertificateWarden {
    return new CertificateWarden({
      watch: this.#watch,
      store: this.#store,
      sessions: this.#sessions,
      counters: this.#counters,
      clock: this.#clock,
      log: this.#log,
      onFailure: (error) => this.#logFailure("revocations could not be handled", error),
    });
  }

  #createContext(): RequestContext {
    const { ca } = this.#options;
    const { requestsPerSecond: perSecond, requestBurst: burst } = this.#limits;
    return {
      store: this.#store,
      blobs: this.#blobs,
      watch: this.#watch,
      freshCrl: () => this.#warden.freshCrl(),
      ca: ca.authority,
      authorities: [...ca.authority.chain],
      sessions: this.#sessions,
      enrollment: this.#createEnrollment(),
      devices: this.#createDevices(),
      groupInfos: new GroupInfoDesk({ store: this.#store, sessions: this.#sessions }),
      limiter: new RateLimiter({ perSecond, burst }, () => performance.now()),
      counters: this.#counters,
      receiptSigner: () => this.#identity.signer,
      clock: this.#clock,
      agent: AGENT,
    };
  }

  #createEnrollment(): EnrollmentService {
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

  #createDevices(): DeviceService {
    return new DeviceService({
      ca: this.#options.ca,
      watch: this.#watch,
      presence: this.#presence,
      store: this.#store,
      sessions: this.#sessions,
      limits: this.#limits,
      log: this.#log,
      settleRevocations: () => this.#warden.settleAnew(),
    });
  }

  #distribute(batch: NewEntries[]): void {
    for (const one of batch) {
      this.#counters.entries += one.last - one.first + 1;
      this.#counters.entryBytes += one.bytes;
      this.#sessions.distribute(one);
    }
  }

  #beginChores(): void {
    this.#chores.every(TICK_MS, {
      failure: "pushes could not be made up for",
      work: () => {
        for (const session of this.#sessions) session.settle();
      },
    });
    this.#chores.every(TICK_MS, {
      failure: "revocations could not be handled",
      work: async () => {
        this.#warden.refresh();
        this.#warden.closeExpired();
        await this.#warden.settle();
      },
    });
    this.#chores.every(TICK_MS, {
      failure: "messages could not be made to expire",
      work: async () => {
        const count = await this.#store.expireMessages(this.#clock().getTime());
        if (count > 0) this.#log.info("{count} messages have expired", { count });
      },
    });
    this.#chores.every(TICK_MS, {
      failure: "the relay's certificate could not be renewed",
      work: () => this.#identity.isRenewalDue ? this.#renewIdentity() : undefined,
    });
    this.#chores.every(MAINTENANCE_MS, {
      failure: "maintenance failed",
      work: async () => {
        await this.#deleteOld();
        await this.#renewIdentity();
      },
    });
    this.#chores.every(PRESENCE_MS, this.#notingPresence);
  }

  async #deleteOld(): Promise<void> {
    await this.#store.expire(this.#clock().getTime() - this.#limits.retentionMs);
    await this.#blobs.maintain();
  }

  /** Shows new connections a certificate with enough of its life before it; those that are open stay. */
  async #renewIdentity(): Promise<void> {
    const identity = await this.#identity.renew();
    if (identity === undefined) return;
    this.#listener?.setIdentity(identity.tls);
    this.#log.info("the relay's certificate is renewed until {until}", { until: identity.notAfter });
  }

  #logFailure(what: string, error: unknown): void {
    this.#counters.failures++;
    const { code, message, kind, cause } = toParleyError(error);
    const bug = cause instanceof Error ? cause : error;
    const stack = kind === "internal" && bug instanceof Error ? bug.stack : undefined;
    this.#log.error("{what}: {code}: {message}", { what, code, message, stack });
  }
}
