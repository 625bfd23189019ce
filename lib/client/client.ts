import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { type RandomSource, systemRandom } from "../crypto/mod.ts";
import { NetworkError, ParleyError, toParleyError } from "../errors/mod.ts";
import { type MlsContext, openMlsContext } from "../mls/mod.ts";
import type { Clock } from "../pki/mod.ts";
import { parseName } from "../pki/mod.ts";
import { CellCipher, ClientStore } from "../store/mod.ts";
import { type ClientConnection, dial, keepConnected } from "../transport/mod.ts";
import {
  type DeviceRef,
  directMailbox,
  directUsers,
  ENTRY_ID_BYTES,
  PROTOCOL_VERSION,
  type Push,
} from "../wire/mod.ts";
import { encodeText } from "./content.ts";
import { Conversations } from "./conversations.ts";
import { type Identity, type KeyKeeper, openIdentity } from "./identity.ts";
import { needsKeyPackages, publishKeyPackages } from "./key_packages.ts";
import { type ReceivedMessage, toReceivedMessage } from "./received_message.ts";
import { Receiver } from "./receiver.ts";
import { identityRenewalDueAt, reloadCertificate, renewCertificate, serialOf } from "./renewal.ts";
import { Sender } from "./sender.ts";
import type { PassphraseSource } from "./storage_key.ts";
import { Synchronizer } from "./synchronizer.ts";
import { readCredential } from "./trust.ts";
import { Upkeep } from "./upkeep.ts";

/** How to open a client. */
export interface ClientOptions {
  /** The data folder. */
  home: string;
  /** The identity in it. */
  identity: DeviceRef;
  /** Asked where the identity is under a passphrase. */
  passphrase: PassphraseSource;
  /** Asked first where the identity is under a passphrase, and given what the passphrase has opened. */
  keeper?: KeyKeeper;
  /** What other processes read while this one works on the identity, such as `parley send (pid 17)`. */
  holder: string;
  /** What the relay is told, such as `parley/0.1.0`. */
  agent: string;
  /** Hears what is wrong and does not stop it: a certificate that cannot be renewed, a conversation out of order. */
  onWarning: (error: ParleyError) => void;
  /** The time. */
  clock?: Clock;
  /** Randomness. */
  random?: RandomSource;
}

/** A message that has been taken for sending. */
export interface SentMessage {
  /** Its id, 32 hexadecimal digits. */
  id: string;
  /** The conversation. */
  conversation: string;
  /** `queued`: safe in this device's outbox; `relayed`: safe on the relay's disk. */
  status: "queued" | "relayed";
}

/** A user whom the relay knows. */
export interface UserPresence {
  /** The user. */
  user: string;
  /** Whether any device of theirs is connected. */
  online: boolean;
  /** Their devices. */
  devices: { device: string; online: boolean }[];
}

/** Whether the relay is reached. */
export type ConnectionState = "connecting" | "online" | "offline";

/** Hears what happens while a client stays connected. */
export interface RunListener {
  /** The relay is reached, or is not reached any more and why. */
  onState(state: ConnectionState, error?: ParleyError): void;
  /** A conversation's messages have to wait, and why. */
  onTrouble(error: ParleyError): void;
}

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
  readonly #agent: string;
  readonly #onWarning: (error: ParleyError) => void;
  readonly #sender: Sender;
  readonly #conversations: Conversations;
  readonly #synchronizer: Synchronizer;
  readonly #upkeep: Upkeep;
  readonly #listeners = new Set<() => void>();
  #connection: ClientConnection | undefined;
  #keyPackagesLeft = Infinity;
  #tasks: Promise<unknown> = Promise.resolve();

  private constructor(options: ClientOptions, identity: Identity, store: ClientStore, mls: MlsContext) {
    this.self = options.identity;
    this.#identity = identity;
    this.#store = store;
    this.#mls = mls;
    this.#random = options.random ?? systemRandom;
    this.#clock = options.clock ?? (() => new Date());
    this.#agent = options.agent;
    this.#onWarning = options.onWarning;
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
    if (await this.#greet(await this.#dial(signal))) return;
    await this.#greet(await this.#dial(signal));
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
    return this.#serially(() => this.#deliverOne(conversation, this.#connected()));
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
      const connection = this.#connected();
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
    const { devices } = await this.#connected().request("devices", {});
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
      connect: (attempt) => this.#dial(attempt),
      onConnection: async (connection) => {
        try {
          // With the new certificate it takes another connection.
          if (!await this.#greet(connection)) return;
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
    const connection = this.#connection;
    try {
      if (connection !== undefined) await this.#tidy();
    } catch (error) {
      if (!isPassing(error)) throw error;
    } finally {
      this.#connection = undefined;
      await connection?.close();
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
    }).catch(ignorePassing);
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
      await this.#takeCrl(connection, crl);
    } catch (thrown) {
      const error = toParleyError(thrown);
      if (error.code === "crl-stale") return this.#onWarning(error);
      // Not awaited: the connection waits for this listener.
      return void connection.close(error);
    }
    await this.#serially(async () => {
      await this.#keepInOrder(connection);
      this.#changed();
    }).catch(ignorePassing);
  }

  async #takeCrl(connection: ClientConnection, crl: Uint8Array): Promise<void> {
    const { trust, facts } = this.#identity;
    await trust.updateCrl(crl);
    await trust.checkServer(facts.host)([...connection.peerChain]);
  }

  async #keepInOrder(connection: ClientConnection): Promise<void> {
    const troubles = await this.#upkeep.run(connection, () => this.#synchronizer.catchUp(connection));
    troubles.forEach(this.#onWarning);
  }

  /** Renews the certificate when the time has come, for as long as the connection lasts. */
  #renewInTime(connection: ClientConnection): void {
    const dueInMs = identityRenewalDueAt(this.#identity).getTime() - this.#clock().getTime();
    // It is past where the last attempt has failed.
    const delayMs = dueInMs > 0 ? Math.min(dueInMs, MAX_RENEWAL_DELAY_MS) : RENEWAL_RETRY_MS;
    const timer = setTimeout(async () => {
      await this.#serially(() => this.#renewNow(connection)).catch((error) =>
        this.#onWarning(toParleyError(error))
      );
      if (this.#connection === connection) this.#renewInTime(connection);
    }, delayMs);
    void connection.closed.then(() => clearTimeout(timer));
  }

  async #renewNow(connection: ClientConnection): Promise<void> {
    if (!await this.#renewIfDue(connection)) return;
    await this.#keepInOrder(connection);
    await this.#tidy();
  }

  /** Says whether it did. A certificate that cannot be renewed now is good for a while yet. */
  async #renewIfDue(connection: ClientConnection): Promise<boolean> {
    if (identityRenewalDueAt(this.#identity) > this.#clock()) return false;
    try {
      await renewCertificate(this.#identity, connection);
      return true;
    } catch (error) {
      if (!(error instanceof ParleyError) || isPassing(error)) throw error;
      this.#onWarning(error);
      return false;
    }
  }

  async #dial(signal: AbortSignal | undefined): Promise<ClientConnection> {
    await reloadCertificate(this.#identity);
    const { facts, tls, trust } = this.#identity;
    return await dial({
      host: facts.host,
      port: facts.port,
      identity: tls,
      checkServer: trust.checkServer(facts.host),
      signal,
    });
  }

  /**
   * Says hello; a newer CRL that comes with the answer holds for the relay's own certificate as well. Renews
   * this device's certificate where it is time.
   *
   * @returns false where the certificate had expired: nothing else can be asked on this connection
   */
  async #greet(connection: ClientConnection): Promise<boolean> {
    const { crlNumber } = this.#identity.trust;
    const hello = { version: PROTOCOL_VERSION, agent: this.#agent, crlNumber };
    const answer = await connection.request("hello", hello);
    if (answer.crl !== undefined) await this.#takeCrl(connection, answer.crl);
    if (answer.expired) {
      await renewCertificate(this.#identity, connection);
      await connection.close();
      return false;
    }
    await this.#renewIfDue(connection);
    this.#keyPackagesLeft = answer.keyPackages ?? Infinity;
    this.#connection = connection;
    connection.closed.then(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    return true;
  }

  async #tidy(): Promise<void> {
    const connection = this.#connected();
    await this.#synchronizer.acknowledge(connection);
    const left = this.#keyPackagesLeft, serial = serialOf(this.#identity);
    if (!needsKeyPackages(this.#store, left, serial)) return;
    await publishKeyPackages(this.#store, this.#mls, connection, { left, serial });
    this.#keyPackagesLeft = Infinity;
  }

  #connected(): ClientConnection {
    if (this.#connection !== undefined) return this.#connection;
    throw new NetworkError("not-connected", "there is no connection to the relay");
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

/** What another attempt may mend. */
function isPassing(error: unknown): boolean {
  return error instanceof ParleyError && ["network", "timeout"].includes(error.kind);
}

function ignorePassing(error: unknown): void {
  if (!isPassing(error)) throw error;
}
