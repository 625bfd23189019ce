import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { type RandomSource, systemRandom } from "../crypto/mod.ts";
import { ParleyError, toParleyError } from "../errors/mod.ts";
import { type MlsContext, openMlsContext } from "../mls/mod.ts";
import type { Clock } from "../pki/mod.ts";
import { parseName } from "../pki/mod.ts";
import { CellCipher, ClientStore } from "../store/mod.ts";
import { type ClientConnection, keepConnected } from "../transport/mod.ts";
import { type DeviceRef, directMailbox, directUsers, ENTRY_ID_BYTES, type Push } from "../wire/mod.ts";
import type { ClientOptions, RunListener, SentMessage, UserPresence } from "./client_types.ts";
import { encodeText } from "./content.ts";
import { Conversations } from "./conversations.ts";
import { type Identity, openIdentity } from "./identity.ts";
import { needsKeyPackages, publishKeyPackages } from "./key_packages.ts";
import { type ReceivedMessage, toReceivedMessage } from "./received_message.ts";
import { Receiver } from "./receiver.ts";
import { isPassing, RelayLink } from "./relay_link.ts";
import { serialOf } from "./renewal.ts";
import { Sender } from "./sender.ts";
import { Synchronizer } from "./synchronizer.ts";
import { readCredential } from "./trust.ts";
import { Upkeep } from "./upkeep.ts";

/** A clock that is set may bring the time nearer; a timer bears no more than 24 days. */
const MAX_RENEWAL_DELAY_MS = 60 * 60_000;
const RENEWAL_RETRY_MS = 60_000;

/** An identity at work: sends, receives, and keeps what it must. */
export class Client {
  /** Which device this is. */
  readonly self: DeviceRef;
  readonly #identity: Identity;
  readonly #store: ClientStore;
  readonly #mls: MlsContext;
  readonly #random: RandomSource;
  readonly #clock: Clock;
  readonly #onWarning: (error: ParleyError) => void;
  readonly #link: RelayLink;
  readonly #sender: Sender;
  readonly #conversations: Conversations;
  readonly #synchronizer: Synchronizer;
  readonly #upkeep: Upkeep;
  readonly #listeners = new Set<() => void>();
  #tasks: Promise<unknown> = Promise.resolve();

  private constructor(options: ClientOptions, identity: Identity, store: ClientStore, mls: MlsContext) {
    this.self = options.identity;
    this.#identity = identity;
    this.#store = store;
    this.#mls = mls;
    this.#random = options.random ?? systemRandom;
    this.#clock = options.clock ?? (() => new Date());
    this.#onWarning = options.onWarning;
    const { agent, onWarning } = options;
    this.#link = new RelayLink(identity, { agent, clock: this.#clock, onWarning });
    this.#sender = new Sender(store, mls);
    this.#conversations = new Conversations(store, mls, this.self, this.#random);
    const receiver = new Receiver(store, mls, identity.trust, this.self);
    this.#synchronizer = new Synchronizer(store, receiver, this.self);
    this.#upkeep = new Upkeep(store, this.#conversations, identity, this.self);
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
   * Connects once.
   *
   * @throws {NetworkError} where the relay cannot be reached
   * @throws {AuthenticationError} where relay or device do not accept each other
   */
  async connect(signal?: AbortSignal): Promise<void> {
    if (await this.#link.greet(await this.#link.dial(signal))) return;
    // The certificate had expired and is renewed now: with the new one it takes another connection.
    await this.#link.greet(await this.#link.dial(signal));
  }

  /**
   * Takes a text for a user: from here on it is safe in the outbox.
   *
   * @throws {UsageError} `name-malformed`, `text-empty`, `text-too-long`
   */
  async enqueue(to: string, text: string): Promise<SentMessage> {
    const mailbox = directMailbox(this.self.user, parseName(to, "user"));
    const content = encodeText(text, this.#random);
    const id = this.#random(ENTRY_ID_BYTES);
    const time = this.#clock().getTime();
    const line = {
      id,
      mailbox,
      seq: null,
      ...this.self,
      time,
      kind: "message",
      outgoing: true,
      content,
    } as const;
    await this.#store.transaction(() => {
      this.#store.outbox.add({ id, mailbox, content });
      this.#store.messages.add(line);
    });
    return { id: encodeHex(id), conversation: mailbox, status: "queued" };
  }

  /**
   * Takes everything of a conversation from the outbox to the relay's disk.
   *
   * @throws {NetworkError} `not-connected`; what does not get through stays in the outbox
   * @throws {ProtocolError} `unknown-user` and what else keeps a conversation from being ready
   */
  deliver(conversation: string): Promise<void> {
    return this.#serially(() => this.#deliverOne(conversation, this.#link.require()));
  }

  /** Delivers what waits in every conversation; `onTrouble` hears what keeps one of them waiting. */
  async deliverAll(onTrouble: (error: ParleyError) => void): Promise<void> {
    for (const conversation of this.#store.outbox.mailboxes()) {
      try {
        await this.deliver(conversation);
      } catch (error) {
        if (!(error instanceof ParleyError) || error.kind !== "protocol") throw error;
        onTrouble(error);
      }
    }
  }

  /**
   * Delivers what was just taken with the rest of its conversation. A message to somebody who does not exist
   * is taken back; every other one stays in the outbox until it is delivered.
   *
   * @throws what {@link Client.deliver} throws
   */
  async deliverSent(sent: SentMessage): Promise<void> {
    try {
      await this.deliver(sent.conversation);
    } catch (error) {
      if (error instanceof ParleyError && error.code === "unknown-user") await this.#withdraw(sent);
      throw error;
    }
  }

  /**
   * Works in everything that the relay has for this device, and keeps its conversations in order: revoked
   * members are removed.
   */
  catchUp(): Promise<void> {
    return this.#serially(async () => {
      const connection = this.#link.require();
      await this.#synchronizer.catchUp(connection);
      await this.#keepInOrder(connection);
      this.#changed();
    });
  }

  /** How far a message is by now; undefined where it was taken back. */
  progressOf({ id, conversation }: SentMessage): SentMessage | undefined {
    const bytes = decodeHex(id);
    if (this.#store.outbox.has(bytes)) return { id, conversation, status: "queued" };
    return this.#store.messages.has(conversation, bytes)
      ? { id, conversation, status: "relayed" }
      : undefined;
  }

  /** Whether anything is in the outbox. */
  hasQueued(): boolean {
    return this.#store.outbox.mailboxes().length > 0;
  }

  /** Lines of the history that were not shown yet, oldest first. */
  unread(limit = 100): ReceivedMessage[] {
    return this.#store.messages.notShown(limit).map(toReceivedMessage);
  }

  /** Lines of the history after a position, oldest first. */
  historyAfter(position: number, limit = 100): ReceivedMessage[] {
    return this.#store.messages.after(position, limit).map(toReceivedMessage);
  }

  /** The position of the last line of the history. */
  lastPosition(): number {
    return this.#store.messages.lastPosition();
  }

  /** Notes that lines were shown, so that `unread` does not give them again. */
  async markShown(messages: ReceivedMessage[]): Promise<void> {
    await this.#store.transaction(() => {
      for (const { position } of messages) this.#store.messages.setShown(position);
    });
  }

  /** Calls back whenever the history may have grown; returns what ends it. */
  onHistory(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The users that the relay knows, with their devices. */
  async users(): Promise<UserPresence[]> {
    const { devices } = await this.#link.require().request("devices", {});
    const users = new Map<string, UserPresence>();
    for (const { user, device, online } of devices) {
      const entry = users.get(user) ?? { user, online: false, devices: [] };
      entry.devices.push({ device, online });
      entry.online ||= online;
      users.set(user, entry);
    }
    return [...users.values()].sort((a, b) => a.user < b.user ? -1 : 1);
  }

  /**
   * Stays connected until `signal` aborts: receives what arrives and sends what is in the outbox.
   *
   * @throws {AuthenticationError} where relay and device do not accept each other any more
   */
  async run(signal: AbortSignal, { onState, onTrouble }: RunListener): Promise<void> {
    onState("connecting");
    await keepConnected({
      signal,
      connect: (attempt) => this.#link.dial(attempt),
      onConnection: async (connection) => {
        try {
          // With the new certificate it takes another connection.
          if (!await this.#link.greet(connection)) return;
          connection.onPush((push) => this.#onPush(connection, push));
          await connection.request("watch", {});
          await this.catchUp();
          onState("online");
          await this.#tidy();
          await this.deliverAll(onTrouble);
          this.#renewInTime(connection);
        } catch (error) {
          if (!isPassing(error)) throw error;
        }
      },
      onWaiting: (error) => onState("offline", error),
    });
  }

  /** Tells the relay what is safe here and tops up key packages; then closes everything. */
  async close(): Promise<void> {
    try {
      if (this.#link.connection !== undefined) await this.#tidy();
    } catch (error) {
      if (!isPassing(error)) throw error;
    } finally {
      await this.#link.take()?.close();
      await this.#tasks;
      await this.#store.close();
      this.#identity.storageKey.wipe();
    }
  }

  async #deliverOne(mailbox: string, connection: ClientConnection): Promise<void> {
    const catchUp = () => this.#synchronizer.catchUp(connection);
    const users = [...new Set(directUsers(mailbox))];
    const [{ devices }] = await Promise.all([connection.request("devices", { users }), catchUp()]);
    const refs = devices.map(({ user, device }) => ({ user, device }));
    await this.#conversations.ready(mailbox, refs, connection, catchUp);
    await this.#sender.flush(mailbox, connection, catchUp);
    this.#changed();
  }

  async #onPush(connection: ClientConnection, push: Push): Promise<void> {
    if (push.push === "crl") return await this.#onCrl(connection, push.crl);
    await this.#serially(async () => {
      await this.#synchronizer.workIn(connection, push);
      this.#changed();
      await this.#synchronizer.acknowledge(connection);
    }).catch((error) => endWith(connection, error));
  }

  #withdraw({ id, conversation }: SentMessage): Promise<void> {
    const bytes = decodeHex(id);
    return this.#store.transaction(() => {
      if (this.#store.outbox.withdraw(bytes)) this.#store.messages.delete(conversation, bytes);
    });
  }

  /** A newer CRL may concern the relay itself, and members of conversations. */
  async #onCrl(connection: ClientConnection, crl: Uint8Array): Promise<void> {
    try {
      await this.#link.takeCrl(connection, crl);
    } catch (thrown) {
      const error = toParleyError(thrown);
      return error.code === "crl-stale" ? this.#onWarning(error) : endWith(connection, error);
    }
    await this.#serially(async () => {
      await this.#keepInOrder(connection);
      this.#changed();
    }).catch((error) => endWith(connection, error));
  }

  async #keepInOrder(connection: ClientConnection): Promise<void> {
    const troubles = await this.#upkeep.run(connection, () => this.#synchronizer.catchUp(connection));
    troubles.forEach(this.#onWarning);
  }

  /** Renews the certificate when the time has come, for as long as the connection lasts. */
  #renewInTime(connection: ClientConnection): void {
    const dueInMs = this.#link.renewalDueInMs();
    // It is past where the last attempt has failed.
    const delayMs = dueInMs > 0 ? Math.min(dueInMs, MAX_RENEWAL_DELAY_MS) : RENEWAL_RETRY_MS;
    const timer = setTimeout(async () => {
      await this.#serially(() => this.#renewNow(connection)).catch((error) =>
        this.#onWarning(toParleyError(error))
      );
      if (this.#link.connection === connection) this.#renewInTime(connection);
    }, delayMs);
    void connection.closed.then(() => clearTimeout(timer));
  }

  async #renewNow(connection: ClientConnection): Promise<void> {
    if (!await this.#link.renewIfDue(connection)) return;
    await this.#keepInOrder(connection);
    await this.#tidy();
  }

  async #tidy(): Promise<void> {
    const connection = this.#link.require();
    await this.#synchronizer.acknowledge(connection);
    const left = this.#link.keyPackagesLeft, serial = serialOf(this.#identity);
    if (!needsKeyPackages(this.#store, left, serial)) return;
    await publishKeyPackages(this.#store, this.#mls, connection, { left, serial });
    this.#link.keyPackagesPublished();
  }

  /** One thing at a time: what is asked of the relay depends on what was worked in before. */
  #serially<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tasks.then(task);
    this.#tasks = result.catch(() => {});
    return result;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/**
 * Ends a connection on which something could not be worked in: what is lost with it is asked for again on the
 * next one, which fails where it must. Does not wait, for the connection waits for whoever calls this.
 */
function endWith(connection: ClientConnection, error: unknown): void {
  void connection.close(toParleyError(error));
}
