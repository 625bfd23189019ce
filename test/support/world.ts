import { Client, enroll, type ReceiptPolicy } from "../../lib/client/mod.ts";
import type { ParleyError } from "../../lib/errors/mod.ts";
import type { RelayLog } from "../../lib/relay/mod.ts";
import type { DeviceRef } from "../../lib/wire/mod.ts";
import { TestRelay } from "./relay_fixture.ts";

/** A relay and clients in this process, over real TLS, with one clock that the test turns on. */
export class World implements AsyncDisposable {
  readonly relay: TestRelay;
  /** What clients have warned of. */
  readonly warnings: ParleyError[] = [];
  readonly #open = new Set<Client>();
  readonly #events: RelayEvents;

  private constructor(relay: TestRelay, events: RelayEvents) {
    this.relay = relay;
    this.#events = events;
  }

  /** Makes an authority whose certificates live for so long, and starts a relay. */
  static async open(options: { leafLifetimeMs?: number } = {}): Promise<World> {
    const events = new RelayEvents();
    return new World(await TestRelay.start({}, { ...options, log: events }), events);
  }

  /** Turns the clock on and waits until the relay has renewed its own certificate. */
  async passToRenewal(ms: number): Promise<void> {
    const renewed = this.#events.next("certificate is renewed");
    this.relay.pass(ms);
    await renewed;
  }

  /** Turns the clock on and waits until the relay has emptied messages whose time is up. */
  async passToExpiry(ms: number): Promise<void> {
    const expired = this.#events.next("messages have expired");
    this.relay.pass(ms);
    await expired;
  }

  /** The data folder of all identities. */
  get home(): string {
    return `${this.relay.folder}/home`;
  }

  /** An identity's folder. */
  folderOf({ user, device }: DeviceRef): string {
    return `${this.home}/identities/${user}/${device}`;
  }

  /** Enrols `USER/DEVICE` with an invite and publishes its keys. */
  async enrol(name: string): Promise<DeviceRef> {
    const [user = "", device = ""] = name.split("/");
    const relay = { host: "127.0.0.1", port: this.relay.port };
    const { invite } = this.relay.admin.authority.createInvite({ user, relay });
    const clock = () => this.relay.now();
    await enroll({ home: this.home, right: { kind: "invite", invite }, device, agent: "test", clock });
    const client = await this.client({ user, device });
    await client.connect();
    await this.close(client);
    return { user, device };
  }

  /** Opens an identity as one more process would. */
  async client(identity: DeviceRef, home = this.home, receipts: ReceiptPolicy = "none"): Promise<Client> {
    const client = await Client.open({
      home,
      identity,
      passphrase: () => Promise.reject(new Error("there is no passphrase")),
      holder: "test",
      agent: "test",
      clock: () => this.relay.now(),
      onWarning: (error) => this.warnings.push(error),
      // So that a log holds what a test has sent, and nothing that is sent by itself.
      receipts,
    });
    this.#open.add(client);
    return client;
  }

  /** Closes a client. */
  async close(client: Client): Promise<void> {
    this.#open.delete(client);
    await client.close();
  }

  /** Connects as one process would that sends a text, and ends. */
  async send(from: DeviceRef, to: string, text: string): Promise<void> {
    const client = await this.client(from);
    const { conversation } = await client.enqueue(to, text);
    await client.connect();
    await client.deliver(conversation);
    await this.close(client);
  }

  /** Fetches what has arrived, as one process would that ends then. */
  async inbox(identity: DeviceRef): Promise<string[]> {
    const client = await this.client(identity);
    await client.connect();
    await client.catchUp();
    const messages = client.history.unread();
    await client.history.markShown(messages);
    await this.close(client);
    return messages.map(({ type, from, device, text }) =>
      type === "message" ? text : `${type} ${from}/${device}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map((client) => client.close()));
    await this.relay[Symbol.asyncDispose]();
  }
}

/** The relay's log, to be waited for. */
class RelayEvents implements RelayLog {
  readonly #waiting = new Map<string, () => void>();

  info(message: string): void {
    for (const [part, resolve] of this.#waiting) if (message.includes(part)) resolve();
  }

  error(message: string, properties?: Record<string, unknown>): void {
    this.info(message);
    throw new Error(`${message}: ${JSON.stringify(properties)}`);
  }

  next(part: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(part, resolve);
    return promise;
  }
}
