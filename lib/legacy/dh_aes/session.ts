import { AuthenticationError, NetworkError, UsageError } from "../../errors/mod.ts";
import {
  type ConnectOptions,
  dhGroup14,
  DhKeyPair,
  encodeFrame,
  frameCutter,
  frameCutterWith,
  type ProfileEvent,
  type RawConnection,
  readFromServer,
  ServerDialogue,
  type UnknownMessage,
  withServer,
} from "../core/mod.ts";
import {
  formatMessage,
  MAX_ANSWER_BYTES,
  MAX_REQUEST_BYTES,
  parseServerMessage,
  parseUserName,
  type ServerMessage,
} from "./messages.ts";
import { SEAL_BYTES, Suite } from "./suite.ts";

/** The port of the description. */
const PORT = 5555;
const HANDSHAKE_MS = 10_000;
const LIMITS = { maxMessageBytes: MAX_ANSWER_BYTES, gapMs: 0 };
const GONE_HINT = "the name may be taken";

type Answer = ServerMessage | UnknownMessage;
type AnswerOf<Type extends Answer["type"]> = Extract<Answer, { type: Type }>;

/** How to open a {@link Session}. */
export interface SessionOptions extends Pick<ConnectOptions, "hostname" | "port" | "random" | "signal"> {
  /** The name to log in under. */
  readonly user: string;
  /** Gets `logged-in`, and the messages that arrive. */
  readonly show: (event: ProfileEvent) => void;
}

/**
 * Connects, agrees on keys, logs in and holds a session for as long as `use` takes.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `login-refused`
 * @throws {DecodeError} `user-name-malformed`, `dh-value-malformed`
 * @throws {ProtocolError} `dh-value-refused`
 * @throws {TimeoutError} `no-answer`
 */
export async function withSession(
  options: SessionOptions,
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const { port = PORT } = options;
  const user = parseUserName(options.user);
  await withServer({ ...options, port }, LIMITS, async (connection) => {
    const suite = await connection.within(HANDSHAKE_MS, agree(connection, options.random));
    const session = new Session(connection, suite, options.show);
    await session.logIn(user);
    await use(session);
  });
}

async function agree(connection: RawConnection, random: ConnectOptions["random"]): Promise<Suite> {
  const keys = DhKeyPair.generate(dhGroup14(), random);
  const suite = Suite.agree(
    keys,
    await readFromServer(connection, frameCutter(MAX_REQUEST_BYTES), GONE_HINT),
    random,
  );
  connection.writer.write(encodeFrame(keys.publicValue));
  return suite;
}

/** A client's session whose keys are agreed. One question at a time; messages are shown as they arrive. */
export class Session {
  readonly #suite: Suite;
  readonly #dialogue: ServerDialogue<Answer>;

  /** Reads until the connection ends. The login is shown before the messages that have waited. */
  constructor(connection: RawConnection, suite: Suite, show: (event: ProfileEvent) => void) {
    const showMessage = ({ from, content, timestamp }: Omit<AnswerOf<"new_message">, "type">) =>
      show({ type: "message", from, message: content, timestamp, text: `${from}: ${content}` });
    this.#suite = suite;
    this.#dialogue = new ServerDialogue<Answer>(connection, {
      key: "type",
      cutter: frameCutterWith(MAX_ANSWER_BYTES, (body) => parseServerMessage(suite.open(body))),
      goneHint: GONE_HINT,
      on: {
        auth_success: ({ username: user }) => show({ type: "logged-in", user, text: `logged in as ${user}` }),
        new_message: showMessage,
        pending_messages: ({ messages }) => messages.forEach(showMessage),
      },
    });
  }

  /** Rejects when the connection has ended. */
  get ended(): Promise<never> {
    return this.#dialogue.ended;
  }

  /**
   * Logs in; the name goes out as it is, without JSON around it.
   *
   * @throws {AuthenticationError} `login-refused`
   */
  async logIn(user: string): Promise<void> {
    const answer = await this.#ask(user, "auth_success", "auth_failed");
    if (answer.type === "auth_success") return;
    throw new AuthenticationError("login-refused", `the server refuses ${user}: ${answer.reason}`);
  }

  /**
   * Sends a message; returns whether its recipient is here or it waits.
   *
   * @throws {UsageError} `message-too-long`
   * @throws {DecodeError} `user-name-malformed`
   * @throws {NetworkError} `server-gone`, `message-refused`
   * @throws {TimeoutError} `no-answer`
   */
  async send(to: string, content: string): Promise<"delivered" | "queued"> {
    const message = formatMessage({ type: "send_message", to: parseUserName(to), content });
    if (message.length + SEAL_BYTES > MAX_REQUEST_BYTES) {
      throw new UsageError("message-too-long", "the message is too long");
    }
    const answer = await this.#ask(message, "message_delivered", "message_queued", "message_refused");
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
    return (await this.#ask(formatMessage({ type: "list_users" }), "user_list")).users;
  }

  #ask<Type extends ServerMessage["type"]>(text: string, ...types: Type[]): Promise<AnswerOf<Type>> {
    return this.#dialogue.ask(types, this.#suite.seal(text));
  }
}
