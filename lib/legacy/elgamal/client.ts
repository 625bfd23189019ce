import { AuthenticationError, DecodeError, ProtocolError, UsageError } from "../../errors/mod.ts";
import {
  assertDhGroup,
  assertNoRecipient,
  type BroadcastClient,
  type BroadcastOptions,
  chatWithAll,
  type ConnectOptions,
  type SendOptions,
  sendToAll,
  SocketIoConnection,
  TimedWait,
} from "../core/mod.ts";
import { type Link, OwnKeys, takeSigningKey, takeValue } from "./link.ts";
import {
  formatSealed,
  formatSignedValue,
  type Incoming,
  MAX_PAYLOAD_CHARS,
  parseIncoming,
  parseSealed,
  parseSignedValue,
  parseSigningKey,
} from "./messages.ts";
import { parseSpelling, type Spelling, SPELLINGS } from "./parameters.ts";

/** The port of the description. */
const PORT = 5000;
const GONE_HINT = "in the original dialect there is room for two clients";
/** The one other client of the original dialect, which has no name. */
const OTHER = "";
/** Whoever has not agreed on keys by then is not waited for. */
const EXCHANGE_MS = 5000;

/** The event of one kind. */
type IncomingOf<Type extends Incoming["type"]> = Extract<Incoming, { type: Type }>;

/**
 * Holds a session: lines are messages to everybody else; `exit` leaves, and so does the end of input.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `signature-wrong`
 * @throws {ProtocolError} `dh-value-refused`, `dialect-mismatch`
 */
export function connectElgamal(options: ConnectOptions): Promise<void> {
  return chatWithAll(options, "for another client", withClient);
}

/**
 * Waits for another client, sends one text to everybody who is here and leaves.
 *
 * @throws {UsageError} `recipient-not-taken`, `message-too-long`
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `signature-wrong`
 */
export async function sendElgamal(options: SendOptions): Promise<void> {
  assertNoRecipient(options, "elgamal sends to everybody, not to a user");
  await sendToAll(options, withClient);
}

/**
 * Draws keys, connects and is a client for as long as `use` takes; what was sent by then goes out.
 *
 * @throws {UsageError} `spelling-malformed`
 * @throws {NetworkError} `connect-failed`
 */
async function withClient(
  options: BroadcastOptions,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  const { dialect, port = PORT, random, settings } = options;
  const chosen = parseSpelling(settings.spelling);
  const own = new OwnKeys(dialect, chosen ?? (dialect === "original" ? "diff" : "deff"), random);
  const { signing, exchange } = own.parameters;
  for (const group of new Set([signing, exchange])) await assertDhGroup(group);
  const connection = await SocketIoConnection.create({ ...options, port, goneHint: GONE_HINT });
  const client = new Client(options, connection, own, chosen);
  try {
    await connection.open((event, args) => client.take(parseIncoming(event, args)));
    await use(client);
  } finally {
    await connection.close();
    client.exchange.end();
  }
}

/** A client: it agrees on keys with the others as they come, and exchanges messages with them. */
class Client implements BroadcastClient {
  readonly #options: BroadcastOptions;
  readonly #connection: SocketIoConnection;
  readonly #links = new Map<string, Link>();
  readonly #ready = Promise.withResolvers<void>();
  /** The wait for the keys that are not agreed yet. */
  readonly exchange: TimedWait = new TimedWait(EXCHANGE_MS);
  #own: OwnKeys;
  /** Undefined where the other's spelling may still be taken over. */
  #spelling: Spelling | undefined;

  /** Is made for a connection that will be open. */
  constructor(
    options: BroadcastOptions,
    connection: SocketIoConnection,
    own: OwnKeys,
    spelling: Spelling | undefined,
  ) {
    this.#options = options;
    this.#connection = connection;
    this.#own = own;
    this.#spelling = spelling;
  }

  /** Resolves when keys with somebody are agreed for the first time. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Rejects when the connection has ended or the exchange has failed. */
  get ended(): Promise<never> {
    return this.#connection.ended;
  }

  /**
   * Sends a text to everybody who is here. Whoever has just come is waited for, but not for long.
   *
   * @throws {UsageError} `message-too-long`, `nobody-here`
   */
  async send(text: string): Promise<void> {
    await this.exchange.over;
    let recipients = 0;
    for (const [peer, link] of this.#links) {
      if (link.state !== "keyed") continue;
      const payload = formatSealed(link.suite.seal(text));
      if (payload.length > MAX_PAYLOAD_CHARS) {
        throw new UsageError("message-too-long", "the message is too long");
      }
      this.#emit("message", payload, peer);
      recipients++;
    }
    if (recipients === 0) throw new UsageError("nobody-here", "nobody is here to read it: it is not sent");
  }

  /**
   * Takes what has arrived.
   *
   * @throws {AuthenticationError} `signature-wrong`
   * @throws {DecodeError} `message-malformed`
   * @throws {ProtocolError} `dh-value-refused`, `dialect-mismatch`, `value-early`
   */
  take(incoming: Incoming | undefined): void {
    if (incoming === undefined) return;
    if (incoming.type === "start") return this.#start(incoming);
    const { from, payload } = incoming;
    // Somebody who has left, or was never here, has no name among the links.
    const peer = this.#options.dialect === "original"
      ? OTHER
      : this.#links.has(from ?? OTHER)
      ? from
      : undefined;
    if (incoming.type === "message") this.#takeMessage(peer ?? OTHER, payload);
    else if (peer === undefined) return;
    else if (incoming.type === "value") this.#takeValue(peer, incoming);
    else {
      this.#setLink(peer, takeSigningKey(this.#own, parseSigningKey(payload)));
      this.#sendValue(peer);
    }
  }

  /** In the documented dialect it says who is here: whoever has left is forgotten, whoever is new gets our key. */
  #start({ members, self }: IncomingOf<"start">): void {
    if ((members === undefined) !== (this.#options.dialect === "original")) {
      throw new ProtocolError("dialect-mismatch", "the server speaks the other dialect");
    }
    const others = members?.filter((name) => name !== self) ?? [OTHER];
    for (const peer of this.#links.keys()) if (!others.includes(peer)) this.#forget(peer);
    for (const peer of others) {
      if (peer !== OTHER && this.#links.has(peer)) continue;
      this.#setLink(peer, this.#links.get(peer) ?? { state: "awaiting-signing-key" });
      this.#emit("ELGAMAL_PK", String(this.#own.signingKey), peer);
    }
    this.#checkExchange();
  }

  #forget(peer: string): void {
    this.#links.delete(peer);
    this.#options.show({ type: "peer-left", peer, text: `${nameOf(peer)} has left` });
  }

  #takeValue(peer: string, { payload, spelling }: IncomingOf<"value">): void {
    const link = this.#links.get(peer);
    if (link === undefined || link.state === "awaiting-signing-key") {
      throw new ProtocolError(
        "value-early",
        "the other client sends its value before the key to check it with",
      );
    }
    if (this.#options.dialect === "original" && !this.#adopt(spelling, peer)) return;
    this.#setLink(peer, takeValue(link, this.#own, parseSignedValue(payload, spelling)));
    if (link.state === "keyed") return;
    this.#options.show({ type: "keyed", peer, text: `keys agreed with ${nameOf(peer)}` });
  }

  /**
   * Where the other speaks the other spelling, which has other generators, it is taken over with new keys: the
   * other has not understood our value, but takes a new key and value at any time. False where our spelling was
   * chosen, or taken over before; the other may take ours over.
   */
  #adopt(spelling: Spelling, peer: string): boolean {
    if (spelling === this.#own.spelling) return true;
    if (this.#spelling !== undefined) {
      const text = `the other client speaks the other spelling: --set spelling=${spelling} speaks it, too`;
      this.#options.show({ type: "spelling-differs", spelling, text });
      return false;
    }
    this.#spelling = spelling;
    this.#own = new OwnKeys(this.#options.dialect, spelling, this.#options.random);
    this.#emit("ELGAMAL_PK", String(this.#own.signingKey), peer);
    this.#sendValue(peer);
    return true;
  }

  #takeMessage(peer: string, payload: string): void {
    const { show } = this.#options;
    const link = this.#links.get(peer);
    try {
      if (link?.state !== "keyed") throw new ProtocolError("keys-missing", "there are no keys for it");
      const message = link.suite.open(parseSealed(payload));
      show({ type: "message", from: peer, message, text: `${nameOf(peer)}: ${message}` });
    } catch (error) {
      if (!isPeersFault(error)) throw error;
      const { code, message } = error;
      show({ type: "discarded", from: peer, code, text: `a message is discarded: ${message}` });
    }
  }

  #sendValue(peer: string): void {
    const { spelling } = this.#own;
    this.#emit(SPELLINGS[spelling].event, formatSignedValue(this.#own.signedValue(), spelling), peer);
  }

  #emit(event: string, payload: string, peer: string): void {
    if (peer === OTHER) this.#connection.emit(event, payload);
    else this.#connection.emit(event, payload, peer);
  }

  #setLink(peer: string, link: Link): void {
    this.#links.set(peer, link);
    this.#checkExchange();
  }

  #checkExchange(): void {
    const links = [...this.#links.values()];
    if (links.some(({ state }) => state === "keyed")) this.#ready.resolve();
    if (links.every(({ state }) => state === "keyed")) this.exchange.end();
    else this.exchange.begin();
  }
}

function nameOf(peer: string): string {
  return peer === OTHER ? "the other client" : `client ${peer}`;
}

function isPeersFault(error: unknown): error is AuthenticationError | DecodeError | ProtocolError {
  return error instanceof AuthenticationError || error instanceof DecodeError ||
    error instanceof ProtocolError;
}
