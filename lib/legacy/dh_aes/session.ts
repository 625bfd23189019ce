import { decodeUtf8 } from "../../bytes/mod.ts";
import { AuthenticationError, NetworkError, TimeoutError, UsageError } from "../../errors/mod.ts";
import {
  type ConnectOptions,
  dialRaw,
  frameCutter,
  type ProfileEvent,
  type RawConnection,
} from "../core/mod.ts";
import { AwaitingPublicValue } from "./handshake.ts";
import {
  type ClientMessage,
  formatMessage,
  MAX_ANSWER_BYTES,
  MAX_REQUEST_BYTES,
  type NewMessage,
  parseServerMessage,
  parseUserName,
  type ServerMessage,
} from "./messages.ts";
import { SEAL_BYTES, type Suite } from "./suite.ts";

/** The port of the description. */
const PORT = 5555;
const ANSWER_MS = 10_000;

const cutAnswer = frameCutter(MAX_ANSWER_BYTES);

/** The server's message of one of these types. */
type Answer<Type extends ServerMessage["type"]> = Extract<ServerMessage, { type: Type }>;

/** How to open a {@link Session}. */
export interface SessionOptions extends Pick<ConnectOptions, "hostname" | "port" | "random" | "signal"> {
  /** The name to log in under. */
  readonly user: string;
  /** Gets `logged-in`, and the messages that arrive. */
  readonly show: (event: ProfileEvent) => void;
}

/** A client's session from its login on. One question at a time; messages are shown as they arrive. */
export class Session implements Disposable {
  readonly #connection: RawConnection;
  readonly #suite: Suite;
  readonly #show: (event: ProfileEvent) => void;
  readonly #stop: () => void;
  /** Rejects when the connection has ended. */
  readonly ended: Promise<never>;
  #asked:
    | { readonly types: readonly string[]; readonly resolve: (answer: ServerMessage) => void }
    | undefined;

  private constructor(connection: RawConnection, suite: Suite, { show, signal }: SessionOptions) {
    this.#connection = connection;
    this.#suite = suite;
    this.#show = show;
    const abort = () => connection.close();
    signal.addEventListener("abort", abort);
    this.#stop = () => signal.removeEventListener("abort", abort);
    this.ended = this.#receive();
    this.ended.catch(() => {}); // told by whoever waits for it; nobody does after the end
  }

  /**
   * Connects, agrees on keys and logs in.
   *
   * @throws {NetworkError} `connect-failed`, `server-gone`
   * @throws {AuthenticationError} `login-refused`
   * @throws {DecodeError} `user-name-malformed`, `dh-value-malformed`
   * @throws {ProtocolError} `dh-value-refused`
   * @throws {TimeoutError} `no-answer`
   */
  static async open(options: SessionOptions): Promise<Session> {
    const { hostname, port = PORT, random, signal } = options;
    const user = parseUserName(options.user);
    const limits = { maxMessageBytes: MAX_ANSWER_BYTES, gapMs: 0 };
    const connection = await dialRaw({ hostname, port, signal }, limits);
    try {
      const session = new Session(connection, await agree(connection, random), options);
      await session.#logIn(user);
      return session;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * Sends a message; returns whether its recipient is here or it waits.
   *
   * @throws {UsageError} `message-too-long`
   * @throws {NetworkError} `server-gone`, `message-refused`
   * @throws {TimeoutError} `no-answer`
   */
  async send(to: string, content: string): Promise<"delivered" | "queued"> {
    const message = formatMessage({ type: "send_message", to: parseUserName(to), content });
    if (message.length + SEAL_BYTES > MAX_REQUEST_BYTES) {
      throw new UsageError("message-too-long", "the message is too long");
    }
    const types = ["message_delivered", "message_queued", "message_refused"] as const;
    const answer = await this.#ask(message, types);
    if (answer.type === "message_refused") {
      throw new NetworkError("message-refused", `the server does not take a message for ${to}`);
    }
    return answer.type === "message_delivered" ? "delivered" : "queued";
  }

  /**
   * Who is here. All that the server has sent before is shown when this returns.
   *
   * @throws {NetworkError} `server-gone`
   * @throws {TimeoutError} `no-answer`
   */
  async users(): Promise<readonly string[]> {
    const message: ClientMessage = { type: "list_users" };
    return (await this.#ask(formatMessage(message), ["user_list"])).users;
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#stop();
    this.#connection.close();
  }

  /** The name goes out as it is, without JSON around it. */
  async #logIn(user: string): Promise<void> {
    const answer = await this.#ask(user, ["auth_success", "auth_failed"]);
    if (answer.type === "auth_success") return;
    throw new AuthenticationError("login-refused", `the server refuses ${user}: ${answer.reason}`);
  }

  async #ask<Type extends ServerMessage["type"]>(
    text: string,
    types: readonly Type[],
  ): Promise<Answer<Type>> {
    const answer = new Promise<ServerMessage>((resolve) => this.#asked = { types, resolve });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new TimeoutError("no-answer", "the server does not answer");
      timer = setTimeout(() => reject(error), ANSWER_MS);
    });
    try {
      this.#connection.writer.write(this.#suite.seal(text));
      return await Promise.race([answer, this.ended, late]) as Answer<Type>;
    } finally {
      clearTimeout(timer);
      this.#asked = undefined;
    }
  }

  async #receive(): Promise<never> {
    for (;;) {
      const body = await this.#connection.reader.read(cutAnswer) ?? gone();
      const message = parseServerMessage(decodeUtf8(this.#suite.open(body)));
      if (message.type === "auth_success") this.#showLogin(message.username);
      if (message.type === "new_message") this.#showMessage(message);
      else if (message.type === "pending_messages") message.messages.forEach((one) => this.#showMessage(one));
      else if (this.#asked?.types.includes(message.type)) this.#asked.resolve(message);
    }
  }

  /** Here, so that it stands before the messages that have waited. */
  #showLogin(user: string): void {
    this.#show({ type: "logged-in", user, text: `logged in as ${user}` });
  }

  #showMessage({ from, content, timestamp }: Omit<NewMessage, "type">): void {
    this.#show({ type: "message", from, message: content, timestamp, text: `${from}: ${content}` });
  }
}

async function agree(connection: RawConnection, random: ConnectOptions["random"]): Promise<Suite> {
  const { reader, writer } = connection;
  connection.closeAfter(ANSWER_MS);
  const awaitingValue = AwaitingPublicValue.begin(random);
  const { suite } = awaitingValue.receive(await reader.read(cutAnswer) ?? gone());
  writer.write(awaitingValue.frame);
  connection.closeAfter(undefined);
  return suite;
}

function gone(): never {
  throw new NetworkError("server-gone", "the server has ended the connection", {
    hint: "the name may be taken",
  });
}
