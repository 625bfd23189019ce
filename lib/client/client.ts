import { systemRandom } from "../crypto/mod.ts";
import type { ParleyError } from "../errors/mod.ts";
import { type MlsContext, openMlsContext } from "../mls/mod.ts";
import { parseName } from "../pki/mod.ts";
import { CellCipher, ClientStore } from "../store/mod.ts";
import { type ClientConnection, keepConnected } from "../transport/mod.ts";
import { type DeviceRef, directMailbox } from "../wire/mod.ts";
import { Backups } from "./backup/backups.ts";
import type { ClientCore } from "./client_core.ts";
import type { ClientOptions, RunListener, SentMessage, UserPresence } from "./client_types.ts";
import { Controls } from "./controls.ts";
import { Conversations } from "./conversations.ts";
import { Composer } from "./delivery/composer.ts";
import { Delivery } from "./delivery/delivery.ts";
import { OutboxDelivery } from "./delivery/outbox_delivery.ts";
import { DevicePlacement } from "./devices/device_placement.ts";
import { Devices } from "./devices/devices.ts";
import { HistoryTransfer } from "./devices/history_transfer.ts";
import { SyncedRecords } from "./devices/synced_records.ts";
import { GroupNames } from "./groups/group_names.ts";
import { Files } from "./files/files.ts";
import { Groups } from "./groups/groups.ts";
import { History } from "./history/history.ts";
import { type Identity, openIdentity } from "./identity.ts";
import { isPassing } from "./is_passing.ts";
import { needsKeyPackages, publishKeyPackages } from "./key_packages.ts";
import { listUsers } from "./people/list_users.ts";
import { People } from "./people/people.ts";
import { VerificationGuard } from "./people/verification_guard.ts";
import { PushHandler } from "./push_handler.ts";
import { Receiver } from "./receiver.ts";
import { RelayLink } from "./relay_link.ts";
import { renewInTime } from "./renew_in_time.ts";
import { serialOf } from "./renewal.ts";
import { Sender } from "./sender.ts";
import { Synchronizer } from "./synchronizer.ts";
import { readCredential } from "./trust.ts";
import { Upkeep } from "./upkeep.ts";

/** An identity at work: sends, receives, and keeps what it must. */
export class Client {
  /** Which device this is. */
  readonly self: DeviceRef;
  /** Conversations of many. */
  readonly groups: Groups;
  /** This user's own devices. */
  readonly devices: Devices;
  /** What this user has said of others' devices. */
  readonly people: People;
  /** Takes what is to be said. */
  readonly composer: Composer;
  /** Knows how far messages are. */
  readonly delivery: Delivery;
  /** What was said. */
  readonly history: History;
  /** Files in conversations. */
  readonly files: Files;
  /** The identity and its history as a file. */
  readonly backups: Backups;
  readonly #core: ClientCore;
  readonly #store: ClientStore;
  readonly #link: RelayLink;
  readonly #outbox: OutboxDelivery;
  readonly #pushes: PushHandler;
  readonly #upkeep: Upkeep;
  readonly #placement: DevicePlacement;
  readonly #listeners = new Set<() => void>();
  readonly #rejoined = new Set<string>();
  #tasks: Promise<unknown> = Promise.resolve();

  private constructor(options: ClientOptions, identity: Identity, store: ClientStore, mls: MlsContext) {
    const { identity: self, random = systemRandom, clock = () => new Date(), agent, onWarning } = options;
    this.self = self;
    this.#store = store;
    this.#link = new RelayLink(identity, { agent, clock, onWarning });
    const sender = new Sender({ store, mls, self, clock, guard: new VerificationGuard(store) });
    const controls = new Controls(store, self, random, clock);
    const names = new GroupNames({ store, controls, self });
    const receiver = new Receiver({ store, mls, trust: identity.trust, self, controls, clock, names });
    const synchronizer = new Synchronizer({ store, receiver, self, clock });
    const conversations = new Conversations({
      ...{ store, mls, self, random, clock, names },
      onRejoined: (mailbox) => this.#rejoined.add(mailbox),
    });
    this.#upkeep = new Upkeep({ store, conversations, identity, self, clock });
    this.#core = {
      ...{
        self,
        identity,
        store,
        mls,
        clock,
        random,
        link: this.#link,
        synchronizer,
        conversations,
        controls,
      },
      warn: onWarning,
      serially: (task) => this.#serially(task),
      deliverNow: (mailbox, connection) => this.#outbox.deliverNow(mailbox, connection),
      changed: () => this.#changed(),
    };
    this.#outbox = new OutboxDelivery(this.#core, sender);
    this.groups = new Groups(this.#core, names);
    const records = new SyncedRecords(this.#core);
    this.#placement = new DevicePlacement(this.#core, records, new HistoryTransfer(this.#core));
    this.#pushes = new PushHandler(this.#core, {
      placement: this.#placement,
      keepInOrder: (connection) => this.#keepInOrder(connection),
    });
    this.devices = new Devices(this.#core, records);
    this.people = new People(this.#core, records);
    this.composer = new Composer(this.#core);
    this.delivery = new Delivery(this.#core, {
      sender,
      policy: options.receipts ?? "read",
      onChange: (listener) => this.onHistory(listener),
    });
    this.history = new History(this.#core, () => this.delivery.reportSoon());
    this.files = new Files(this.#core);
    this.backups = new Backups(this.#core, () => this.history.sweep());
  }

  /**
   * Opens an identity and its store. Does not connect.
   *
   * @throws {AuthenticationError} `passphrase-wrong`
   * @throws {StorageError}
   */
  static async open(options: ClientOptions): Promise<Client> {
    const { home, identity: ref, passphrase, holder } = options;
    const random = options.random ?? systemRandom;
    const identity = await openIdentity(
      home,
      ref,
      passphrase,
      options.clock ?? (() => new Date()),
      options.keeper,
    );
    const mls = await openMlsContext({
      random,
      identity: identity.mls,
      checkCredential: (certificates) => identity.trust.checkCredential(certificates),
      readCredential,
    });
    const cipher = new CellCipher(identity.storageKey.expose(), random);
    const store = ClientStore.open(identity.folder, { cipher, holder });
    return new Client(options, identity, store, mls);
  }

  /**
   * Connects once, where there is no connection.
   *
   * @throws {NetworkError} where the relay cannot be reached
   * @throws {AuthenticationError} where relay or device do not accept each other
   */
  async connect(signal?: AbortSignal): Promise<void> {
    if (this.#link.connection !== undefined) return;
    if (await this.#link.greet(await this.#link.dial(signal))) return;
    // The certificate had expired and is renewed now: with the new one it takes another connection.
    await this.#link.greet(await this.#link.dial(signal));
  }

  /**
   * Takes a text for a user: from here on it is safe in the outbox.
   *
   * @throws {UsageError} `name-malformed`, `text-empty`, `text-too-long`
   */
  enqueue(to: string, text: string): Promise<SentMessage> {
    return this.composer.enqueue(this.conversationWith(to), { type: "text", text });
  }

  /**
   * Names the conversation with a user.
   *
   * @throws {UsageError} `name-malformed`
   */
  conversationWith(user: string): string {
    return directMailbox(this.self.user, parseName(user, "user"));
  }

  /**
   * Takes everything of a conversation from the outbox to the relay's disk.
   *
   * @throws {NetworkError} `not-connected`; what does not get through stays in the outbox
   * @throws {ProtocolError} `unknown-user` and what else keeps a conversation from being ready
   */
  deliver(conversation: string): Promise<void> {
    return this.#outbox.deliver(conversation);
  }

  /** Delivers what waits in every conversation; `onTrouble` hears what keeps one of them waiting. */
  deliverAll(onTrouble: (error: ParleyError) => void): Promise<void> {
    return this.#outbox.deliverAll(onTrouble);
  }

  /**
   * Delivers what was just taken with the rest of its conversation. A message to somebody who does not exist,
   * or to devices that are not accepted, is taken back; every other one stays in the outbox until it is delivered.
   *
   * @throws what {@link Client.deliver} throws
   */
  deliverSent(sent: SentMessage): Promise<void> {
    return this.#outbox.deliverSent(sent);
  }

  /**
   * Works in everything that the relay has for this device, and keeps its conversations in order: revoked
   * members are removed.
   */
  catchUp(): Promise<void> {
    return this.#serially(async () => {
      const connection = this.#link.require();
      await this.#core.synchronizer.catchUp(connection);
      await this.#keepInOrder(connection);
      await this.#placement.settle(connection);
      this.#changed();
    });
  }

  /** Whether any message of a person is in the outbox. */
  hasQueued(): boolean {
    return this.#store.outbox.hasMessages();
  }

  /** Calls back whenever the history may have grown; returns what ends it. */
  onHistory(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The users that the relay knows, with their devices. */
  async users(): Promise<UserPresence[]> {
    return await listUsers(this.#link.require());
  }

  /**
   * Stays connected until `signal` aborts: receives what arrives and sends what is in the outbox.
   *
   * @throws {AuthenticationError} where relay and device do not accept each other any more
   */
  async run(signal: AbortSignal, { onState, onTrouble }: RunListener): Promise<void> {
    onState("connecting");
    this.delivery.keepReporting(signal);
    this.history.keepSwept(signal);
    await keepConnected({
      signal,
      connect: (attempt) => Promise.resolve(this.#link.take() ?? this.#link.dial(attempt)),
      onConnection: async (connection) => {
        try {
          // With the new certificate it takes another connection.
          if (!await this.#link.greet(connection)) return;
          connection.onPush((push) => this.#pushes.handle(connection, push));
          await connection.request("watch", {});
          await this.catchUp();
          onState("online");
          await this.#tidy();
          await this.deliverAll(onTrouble);
          renewInTime(this.#core, connection, async () => {
            await this.#keepInOrder(connection);
            await this.#tidy();
          });
        } catch (error) {
          if (!isPassing(error)) throw error;
        }
      },
      onWaiting: (error) => onState("offline", error),
    });
  }

  /** Gives the connection up, with what is asked on it. What was taken stays in the outbox. */
  disconnect(reason: ParleyError): void {
    void this.#link.take()?.close(reason);
  }

  /** Tells the relay what is safe here and tops up key packages; then closes everything. */
  async close(): Promise<void> {
    try {
      const { connection } = this.#link;
      if (connection !== undefined) {
        await this.delivery.report(connection);
        await this.#tidy();
        await this.files.tellRelay();
      }
      await this.history.sweep();
    } catch (error) {
      if (!isPassing(error)) throw error;
    } finally {
      await this.files.close();
      await this.#link.take()?.close();
      await this.#tasks;
      await this.#store.close();
      this.#core.identity.storageKey.wipe();
    }
  }

  async #keepInOrder(connection: ClientConnection): Promise<void> {
    const troubles = await this.#upkeep.run({
      connection,
      catchUp: () => this.#core.synchronizer.catchUp(connection),
    });
    // What has waited in a conversation until it was entered again goes out at once.
    const rejoined = [...this.#rejoined];
    this.#rejoined.clear();
    for (const mailbox of rejoined) await this.#outbox.deliverNow(mailbox, connection);
    troubles.forEach(this.#core.warn);
  }

  async #tidy(): Promise<void> {
    const connection = this.#link.require();
    await this.#core.synchronizer.acknowledge(connection);
    const left = this.#link.keyPackagesLeft, serial = serialOf(this.#core.identity);
    if (!needsKeyPackages(this.#store, left, serial)) return;
    await publishKeyPackages(this.#store, this.#core.mls, connection, { left, serial });
    this.#link.keyPackagesPublished();
  }

  /** One thing at a time: what is asked of the relay depends on what was worked in before. */
  #serially<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tasks.then(task);
    this.#tasks = result.catch(() => {});
    return result;
  }

  #changed(): void {
    this.delivery.reportSoon();
    for (const listener of this.#listeners) listener();
  }
}
