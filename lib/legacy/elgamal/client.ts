import {
  AuthenticationError,
  DecodeError,
  NetworkError,
  ProtocolError,
  UsageError,
} from "../../errors/mod.ts";
import { assertDhGroup, type ConnectOptions, type ProfileEvent } from "../core/mod.ts";
import { Connection, type Incoming } from "./connection.ts";
import { AwaitingSigningKey, type Link, OwnKeys } from "./link.ts";
import {
  formatSealed,
  formatSignedValue,
  MAX_PAYLOAD_CHARS,
  parsePublicKey,
  parseSealed,
  parseSignedValue,
} from "./messages.ts";
import { parseSpelling, type Spelling, SPELLINGS } from "./parameters.ts";

/** How to open a {@link Client}. */
export interface ClientOptions extends
  Pick<
    ConnectOptions,
    "dialect" | "hostname" | "port" | "random" | "settings" | "signal"
  > {
  /** Gets what happens and what arrives. */
  readonly show: (event: ProfileEvent) => void;
}

/** The event of one kind. */
type IncomingOf<Type extends Incoming["type"]> = Extract<Incoming, { type: Type }>;

/** The one other client of the original dialect, which has no name. */
const OTHER = "";
/** Whoever has not agreed on keys by then is not waited for. */
const EXCHANGE_MS = 5000;

/** A client: it agrees on keys with the others as they come, and exchanges messages with them. */
export class Client implements AsyncDisposable {
  readonly #options: ClientOptions;
  readonly #connection: Connection;
  readonly #links = new Map<string, Link>();
  #own: OwnKeys;
  /** Undefined where the other's spelling may still be taken over. */
  #spelling: Spelling | undefined;
  readonly #ready = Promise.withResolvers<void>();
  /** The wait for the keys that are not agreed yet; undefined where there are none. */
  #exchange:
    | { readonly done: PromiseWithResolvers<void>; readonly timer: ReturnType<typeof setTimeout> }
    | undefined;
  /** Rejects when the connection has ended or the exchange has failed. */
  readonly ended: Promise<never>;

  private constructor(options: ClientOptions, connection: Connection, own: OwnKeys) {
    this.#options = options;
    this.#connection = connection;
    this.#own = own;
    this.#spelling = parseSpelling(options.settings.spelling);
    this.ended = this.#receive();
    this.ended.catch(() => {}); // told by whoever waits for it; nobody does after the end
  }

  /**
   * Draws keys and connects.
   *
   * @throws {UsageError} `spelling-malformed`
   * @throws {NetworkError} `connect-failed`
   */
  static async open(options: ClientOptions): Promise<Client> {
    const { dialect, random, settings } = options;
    const usual = dialect === "original" ? "diff" : "deff";
    const own = new OwnKeys(dialect, parseSpelling(settings.spelling) ?? usual, random);
    const { signing, exchange } = own.parameters;
    for (const group of new Set([signing, exchange])) await assertDhGroup(group);
    return new Client(options, await Connection.open(options), own);
  }

  /** Resolves when keys with somebody are agreed for the first time. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /**
   * Sends a text to everybody who is here. Whoever has just come is waited for, but not for long.
   *
   * @throws {UsageError} `message-too-long`, `nobody-here`
   */
  async send(text: string): Promise<void> {
    await this.#exchange?.done.promise;
    let recipients = 0;
    for (const [peer, link] of this.#links) {
      if (link.state !== "keyed") continue;
      const payload = formatSealed(await link.suite.seal(text));
      if (payload.length > MAX_PAYLOAD_CHARS) {
        throw new UsageError("message-too-long", "the message is too long");
      }
      this.#emit("message", payload, peer);
      recipients++;
    }
    if (recipients === 0) throw new UsageError("nobody-here", "nobody is here to read it: it is not sent");
  }

  /** Leaves when what was sent has gone out. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
    await this.ended.catch(() => {}); // nothing is under way from here on
    this.#endExchange();
  }

  async #receive(): Promise<never> {
    for await (const incoming of this.#connection.incoming) await this.#take(incoming);
    throw new NetworkError("server-gone", "the server has ended the connection", {
      hint: "in the original dialect there is room for two clients",
    });
  }

  async #take(incoming: Incoming): Promise<void> {
    if (incoming.type === "start") this.#start(incoming);
    else if (incoming.type === "signing-key") this.#takeSigningKey(incoming);
    else if (incoming.type === "value") await this.#takeValue(incoming);
    else await this.#takeMessage(incoming);
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
      this.#setLink(peer, this.#links.get(peer) ?? new AwaitingSigningKey());
      this.#emit("ELGAMAL_PK", String(this.#own.signingKey), peer);
    }
    this.#checkExchange();
  }

  #forget(peer: string): void {
    this.#links.delete(peer);
    this.#options.show({ type: "peer-left", peer, text: `${nameOf(peer)} has left` });
  }

  /** It is answered with our signed value. */
  #takeSigningKey({ from, payload }: IncomingOf<"signing-key">): void {
    const peer = this.#peerOf(from);
    if (peer === undefined) return;
    this.#setLink(peer, new AwaitingSigningKey().receive(this.#own, parsePublicKey(payload)));
    this.#sendValue(peer);
  }

  async #takeValue({ from, payload, spelling }: IncomingOf<"value">): Promise<void> {
    const peer = this.#peerOf(from);
    if (peer === undefined) return;
    const link = this.#links.get(peer);
    if (link === undefined || link.state === "awaiting-signing-key") {
      throw new ProtocolError(
        "value-early",
        "the other client sends its value before the key to check it with",
      );
    }
    if (this.#options.dialect === "original" && !this.#adopt(spelling, peer)) return;
    const awaiting = link.state === "keyed" ? link.exchange : link;
    this.#setLink(peer, await awaiting.receive(this.#own, parseSignedValue(payload, spelling)));
    if (link.state === "awaiting-value") {
      this.#options.show({ type: "keyed", peer, text: `keys agreed with ${nameOf(peer)}` });
    }
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

  async #takeMessage({ from, payload }: IncomingOf<"message">): Promise<void> {
    const { show } = this.#options;
    const peer = this.#peerOf(from) ?? "";
    const link = this.#links.get(peer);
    try {
      if (link?.state !== "keyed") throw new ProtocolError("keys-missing", "there are no keys for it");
      const message = await link.suite.open(parseSealed(payload));
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
    this.#connection.emit(event, payload, peer === OTHER ? undefined : peer);
  }

  /** Undefined for somebody who has left, or was never here. */
  #peerOf(from: string | undefined): string | undefined {
    if (this.#options.dialect === "original") return OTHER;
    return from !== undefined && this.#links.has(from) ? from : undefined;
  }

  #setLink(peer: string, link: Link): void {
    this.#links.set(peer, link);
    this.#checkExchange();
  }

  #checkExchange(): void {
    const links = [...this.#links.values()];
    if (links.some(({ state }) => state === "keyed")) this.#ready.resolve();
    if (links.every(({ state }) => state === "keyed")) return this.#endExchange();
    if (this.#exchange !== undefined) return;
    const done = Promise.withResolvers<void>();
    this.#exchange = { done, timer: setTimeout(done.resolve, EXCHANGE_MS) };
  }

  #endExchange(): void {
    clearTimeout(this.#exchange?.timer);
    this.#exchange?.done.resolve();
    this.#exchange = undefined;
  }
}

function nameOf(peer: string): string {
  return peer === OTHER ? "the other client" : `client ${peer}`;
}

function isPeersFault(error: unknown): error is AuthenticationError | DecodeError | ProtocolError {
  return error instanceof AuthenticationError || error instanceof DecodeError ||
    error instanceof ProtocolError;
}
