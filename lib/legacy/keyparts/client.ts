import type { KeyObject } from "node:crypto";
import { AuthenticationError, ProtocolError, UsageError } from "../../errors/mod.ts";
import {
  type BroadcastClient,
  type BroadcastOptions,
  chatWithAll,
  type ConnectOptions,
  type Dialect,
  parseRsaPublicKey,
  type RawConnection,
  type SendOptions,
  sendToAll,
  ServerDialogue,
  signPss,
  withServer,
} from "../core/mod.ts";
import { CLIENT_IDS, keyFolder } from "./files.ts";
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
const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_EARLY_PARTS = 16;
const GONE_HINT = "the server may have been stopped";
const SILENT_HINT = "the published way is to leave an id unanswered that has no certificate at the server";
/** A published server takes one `recv` for one message; published clients need time to be ready for the next. */
const PACES: Record<Dialect, Readonly<Record<"gap" | "beforeParts" | "beforeChat", number>>> = {
  documented: { gap: 0, beforeParts: 0, beforeChat: 0 },
  original: { gap: 100, beforeParts: 300, beforeChat: 1000 },
};

/**
 * Holds a session: lines are messages to the two others; `exit` leaves.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `login-refused`
 * @throws {TimeoutError} `no-answer`
 */
export function connectKeyparts(options: ConnectOptions): Promise<void> {
  return chatWithAll(options, "until all three are here", withClient);
}

/**
 * Joins, waits for the two others, sends one text to both and leaves.
 *
 * @throws {UsageError} `message-too-long`
 */
export function sendKeyparts(options: SendOptions): Promise<void> {
  return sendToAll(options, withClient);
}

async function withClient(
  options: BroadcastOptions,
  use: (client: KeypartsClient) => Promise<void>,
): Promise<void> {
  const id = options.user ?? CLIENT_IDS[0]!;
  const group = {
    id,
    privateKey: keyFolder.readPrivateKey(options.folder, id),
    peers: new Map<string, KeyObject>(),
  };
  const peers = peerIds(id, options.settings.peers);
  const { port = FIRST_PORT + Math.max(CLIENT_IDS.indexOf(id), 0) } = options; // one of its own each, by custom
  const limits = { gapMs: PACES[options.dialect].gap, maxMessageBytes: MAX_MESSAGE_BYTES };
  await withServer({ ...options, port }, limits, async (connection) => {
    const client = new KeypartsClient(connection, group, options);
    await client.logIn(peers);
    await use(client);
  });
}

function peerIds(id: string, given: string | undefined): string[] {
  const ids = (given?.split(",") ?? CLIENT_IDS).map((peer) => peer.trim()).filter((peer) => peer !== id);
  if (ids.length === 2) return ids;
  throw new UsageError("peers-malformed", `${id} needs two others to share a key with`, {
    hint: "--set peers=ID,ID names them",
  });
}

/** A client from its login on. */
class KeypartsClient implements BroadcastClient {
  readonly #connection: RawConnection;
  readonly #group: Group & { readonly peers: Map<string, KeyObject> };
  readonly #options: BroadcastOptions;
  readonly #dialogue: ServerDialogue<ServerMessage>;
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
    options: BroadcastOptions,
  ) {
    this.#connection = connection;
    this.#group = group;
    this.#options = options;
    const { show } = options;
    const discarded = "a message is discarded: it is altered or under another key";
    this.#dialogue = new ServerDialogue(connection, {
      key: "type",
      cutter: serverMessageCutter((bytes) => this.#cipher?.open(bytes)),
      goneHint: GONE_HINT,
      silentHint: SILENT_HINT,
      on: {
        start: () => this.#start(),
        part: ({ part }) => this.#takePart(part),
        chat: ({ text }) => show({ type: "message", text }),
        unreadable: () => show({ type: "discarded", text: discarded }),
      },
    });
  }

  /** Rejects when the connection ends. */
  get ended(): Promise<never> {
    return this.#dialogue.ended;
  }

  /** Resolves when there is a session key. */
  get ready(): Promise<void> {
    return this.#keyed.promise;
  }

  /** Authenticates and fetches the public keys of the others. The exchange may start meanwhile. */
  async logIn(peers: readonly string[]): Promise<void> {
    const { id, privateKey } = this.#group;
    const login = encodeLogin({ id, signature: signPss(privateKey, AUTH_REQUEST) });
    const { success } = await this.#dialogue.ask(["auth"], ...login);
    if (!success) throw new AuthenticationError("login-refused", `the server refuses ${id}`);
    for (const peer of peers) {
      const { pem } = await this.#dialogue.ask(["key"], encodeKeyRequest(peer));
      if (pem === undefined) throw new ProtocolError("peer-unknown", `the server has no key of ${peer}`);
      this.#group.peers.set(peer, parseRsaPublicKey(pem));
    }
    this.#prepared = true;
    if (this.#started) this.#begin();
  }

  /** Sends a text to the others, under the newest key. */
  async send(text: string): Promise<void> {
    await this.ready;
    await this.#dialogue.send(this.#cipher!.seal(text, this.#options.random));
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
    this.#connection.writer.pause(PACES[this.#options.dialect].beforeParts);
    this.#dialogue.write(...this.#exchange.outgoing);
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
    this.#connection.writer.pause(PACES[this.#options.dialect].beforeChat);
    this.#options.show({ type: "keyed", text: "all three share a key" });
    this.#keyed.resolve();
  }
}
