import type { KeyObject } from "node:crypto";
import { AuthenticationError, NetworkError, ProtocolError, UsageError } from "../../errors/mod.ts";
import {
  type ConnectOptions,
  type Cutter,
  dialRaw,
  parseRsaPublicKey,
  type ProfileEvent,
  type RawConnection,
  type SendOptions,
  signPss,
} from "../core/mod.ts";
import { CLIENT_IDS, readPrivateKey } from "./files.ts";
import { type Group, KeyExchange } from "./key_exchange.ts";
import {
  AUTH_REQUEST,
  encodeKeyRequest,
  encodeLogin,
  type KeyPart,
  type ServerMessage,
  serverMessageCutter,
} from "./messages.ts";
import type { SessionCipher } from "./suite.ts";

const FIRST_PORT = 9996;
const ANSWER_MS = 10_000;
const MAX_MESSAGE_BYTES = 64 * 1024;
/** A published server takes one `recv` for one message; published clients need time to be ready for the next. */
const ORIGINAL_GAPS = { gapMs: 100, beforePartsMs: 300, beforeChatMs: 1000 };
const MAX_EARLY_PARTS = 16;
const NO_GAPS = { gapMs: 0, beforePartsMs: 0, beforeChatMs: 0 };

/** What {@link KeypartsClient} needs of the options of connecting and of sending. */
type ClientOptions = Omit<ConnectOptions, "console"> & { readonly show: (event: ProfileEvent) => void };

/**
 * Holds a session: lines are messages to the two others; `exit` leaves.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `login-refused`
 */
export async function connectKeyparts(options: ConnectOptions): Promise<void> {
  const { console } = options;
  await withClient({ ...options, show: (event) => console.show(event) }, async (client, ended) => {
    console.note("waiting until all three are here");
    await Promise.race([client.keyed, ended]);
    for (;;) {
      const line = await Promise.race([console.ask("message: "), ended]);
      if (line === undefined || line.toLowerCase() === "exit") return;
      await Promise.race([client.send(line), ended]);
    }
  });
}

/**
 * Joins, waits for the two others, sends one text to both and leaves.
 *
 * @throws {UsageError} `message-too-long`
 */
export async function sendKeyparts(options: SendOptions): Promise<void> {
  await withClient(options, (client, ended) => Promise.race([client.send(options.text), ended]));
  options.show({ type: "sent", text: "sent" });
}

async function withClient(
  options: ClientOptions,
  use: (client: KeypartsClient, ended: Promise<never>) => Promise<void>,
): Promise<void> {
  const id = options.user ?? CLIENT_IDS[0]!;
  const group = { id, privateKey: readPrivateKey(options.folder, id), peers: new Map<string, KeyObject>() };
  const { hostname, port = defaultPort(id), signal } = options;
  const { gapMs } = gapsOf(options);
  const connection = await dialRaw({ hostname, port, signal }, { gapMs, maxMessageBytes: MAX_MESSAGE_BYTES });
  const abort = () => connection.close();
  signal.addEventListener("abort", abort);
  try {
    const client = new KeypartsClient(connection, group, options);
    await client.logIn(peerIds(id, options.settings.peers));
    const ended = client.receive();
    ended.catch(() => {}); // told by whoever waits for it; nobody does after the end
    await use(client, ended);
    await connection.end();
  } finally {
    signal.removeEventListener("abort", abort);
    connection.close();
  }
}

/** By custom each client has a port of its own; the server takes any of them. */
function defaultPort(id: string): number {
  return FIRST_PORT + Math.max(CLIENT_IDS.indexOf(id), 0);
}

function peerIds(id: string, given: string | undefined): string[] {
  const ids = (given?.split(",") ?? CLIENT_IDS).map((peer) => peer.trim()).filter((peer) => peer !== id);
  if (ids.length === 2) return ids;
  throw new UsageError("peers-malformed", `${id} needs two others to share a key with`, {
    hint: "--set peers=ID,ID names them",
  });
}

/** A client from its login on. */
class KeypartsClient {
  readonly #connection: RawConnection;
  readonly #group: Group & { readonly peers: Map<string, KeyObject> };
  readonly #options: ClientOptions;
  readonly #cutter: Cutter<ServerMessage>;
  /** Whether the public keys of the others are here. */
  #prepared = false;
  #started = false;
  #early: KeyPart[] = [];
  #exchange: KeyExchange | undefined;
  #cipher: SessionCipher | undefined;
  #keyed = Promise.withResolvers<void>();

  constructor(
    connection: RawConnection,
    group: Group & { readonly peers: Map<string, KeyObject> },
    options: ClientOptions,
  ) {
    this.#connection = connection;
    this.#group = group;
    this.#options = options;
    this.#cutter = serverMessageCutter((bytes) => this.#cipher?.open(bytes));
  }

  /** Resolves when there is a session key. */
  get keyed(): Promise<void> {
    return this.#keyed.promise;
  }

  /** Authenticates and fetches the public keys of the others. The exchange may start meanwhile. */
  async logIn(peers: readonly string[]): Promise<void> {
    const { id, privateKey } = this.#group;
    this.#write(...encodeLogin({ id, signature: signPss(privateKey, AUTH_REQUEST) }));
    const { success } = await this.#answer("auth");
    if (!success) throw new AuthenticationError("login-refused", `the server refuses ${id}`);
    for (const peer of peers) {
      this.#write(encodeKeyRequest(peer));
      const { pem } = await this.#answer("key");
      if (pem === undefined) throw new ProtocolError("peer-unknown", `the server has no key of ${peer}`);
      this.#group.peers.set(peer, parseRsaPublicKey(pem));
    }
    this.#prepared = true;
    if (this.#started) this.#begin();
  }

  /** Handles what arrives; rejects when the connection ends. */
  async receive(): Promise<never> {
    for (;;) this.#take(await this.#connection.reader.read(this.#cutter) ?? gone());
  }

  /** Sends a text to the others, under the newest key. */
  async send(text: string): Promise<void> {
    await this.keyed;
    this.#write(this.#cipher!.seal(text, this.#options.random));
    await this.#connection.writer.whenWritable();
  }

  async #answer<T extends ServerMessage["type"]>(type: T): Promise<Extract<ServerMessage, { type: T }>> {
    const isAnswer = (message: ServerMessage): message is Extract<ServerMessage, { type: T }> =>
      message.type === type;
    this.#connection.closeAfter(ANSWER_MS);
    for (;;) {
      const message = await this.#connection.reader.read(this.#cutter) ?? gone();
      if (isAnswer(message)) {
        this.#connection.closeAfter(undefined);
        return message;
      }
      this.#take(message);
    }
  }

  #take(message: ServerMessage): void {
    const { show } = this.#options;
    if (message.type === "start") this.#start();
    else if (message.type === "part") this.#takePart(message.part);
    else if (message.type === "chat") show({ type: "message", text: message.text });
    else if (message.type === "unreadable") {
      show({ type: "discarded", text: "a message is discarded: it is altered or under another key" });
    }
  }

  /** A new trio makes a new key; the published server repeats itself, and its clients keep the key they have. */
  #start(): void {
    if (this.#started && this.#options.dialect === "original") return;
    this.#started = true;
    if (this.#prepared) this.#begin();
  }

  #begin(): void {
    if (this.#cipher !== undefined) this.#keyed = Promise.withResolvers();
    this.#cipher = undefined;
    this.#exchange = new KeyExchange(this.#group, this.#options.random);
    this.#connection.writer.pause(this.#gaps.beforePartsMs);
    this.#write(...this.#exchange.outgoing);
    for (const part of this.#early.splice(0)) this.#takePart(part);
  }

  #takePart(part: KeyPart): void {
    if (this.#exchange === undefined) {
      if (this.#early.length < MAX_EARLY_PARTS) this.#early.push(part);
      return;
    }
    const cipher = this.#exchange.receive(part);
    if (cipher === undefined) return;
    this.#cipher = cipher;
    this.#connection.writer.pause(this.#gaps.beforeChatMs);
    this.#options.show({ type: "keyed", text: "all three share a key" });
    this.#keyed.resolve();
  }

  #write(...messages: readonly Uint8Array[]): void {
    for (const message of messages) this.#connection.writer.write(message);
  }

  get #gaps(): typeof ORIGINAL_GAPS {
    return gapsOf(this.#options);
  }
}

function gapsOf({ dialect }: Pick<ConnectOptions, "dialect">): typeof ORIGINAL_GAPS {
  return dialect === "original" ? ORIGINAL_GAPS : NO_GAPS;
}

function gone(): never {
  throw new NetworkError("server-gone", "the server has ended the connection", {
    hint: "it waits for ever where it has no certificate for this id",
  });
}
