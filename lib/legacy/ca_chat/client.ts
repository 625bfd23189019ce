import type { KeyObject } from "node:crypto";
import { basename, join } from "node:path";
import { decodeBase64, encodeBase64, encodeUtf8 } from "../../bytes/mod.ts";
import { AuthenticationError, ParleyError, UsageError } from "../../errors/mod.ts";
import {
  type ConnectOptions,
  decryptOaep,
  exactCutter,
  formatRsaPublicKey,
  generateRsaKey,
  jsonCutter,
  type ProfileEvent,
  Question,
  type RawConnection,
  readFromServer,
  readTextFile,
  replaceFile,
  saveReceivedFile,
  Sequence,
  verifyRsaCertificate,
  withServer,
} from "../core/mod.ts";
import { CA_PUBLIC_KEY, certificateName } from "./authority.ts";
import { openEnvelope, type Recipient, sealEnvelope } from "./envelope.ts";
import { KeysFile } from "./keys_file.ts";
import {
  type ClientMessage,
  encodeMessage,
  MAX_FILE_BYTES,
  MAX_MESSAGE_BYTES,
  type MessageOf,
  ORIGINAL_MESSAGE_BYTES,
  parseServerMessage,
  type ServerMessage,
} from "./messages.ts";

/** The port of the description. */
const PORT = 12000;
const ORIGINAL_GAP_MS = 100;
/** The list of all users may be long. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const GONE_HINT = "it ends the connection of whoever fails to log in too often, and when it is stopped";

type AnswerOf<Type extends ServerMessage["message_type"]> = MessageOf<ServerMessage, Type>;

/** What a {@link CaChatClient} needs. */
export type CaChatClientOptions = Omit<ConnectOptions, "console" | "user"> & {
  /** Gets what arrives. */
  readonly show: (event: ProfileEvent) => void;
};

/**
 * Connects; takes leave when `use` is done.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 */
export async function withCaChat(
  options: CaChatClientOptions,
  use: (client: CaChatClient) => Promise<void>,
): Promise<void> {
  const { dialect, port = PORT } = options;
  const limits = { gapMs: dialect === "original" ? ORIGINAL_GAP_MS : 0, maxMessageBytes: MAX_FILE_BYTES };
  await withServer({ ...options, port }, limits, async (connection) => {
    const client = new CaChatClient(connection, options);
    await Promise.race([use(client), client.ended]);
    await client.quit();
  });
}

/** The user at this end, once logged in. */
interface Self {
  readonly user: string;
  readonly keys: KeysFile;
  readonly key: KeyObject;
}

/** A client of ca-chat: {@link logIn} comes first. */
export class CaChatClient {
  readonly #options: CaChatClientOptions;
  readonly #connection: RawConnection;
  readonly #question = new Question<ServerMessage>();
  readonly #peers = new Map<string, Promise<Recipient>>();
  /** Rejects when the connection has ended. */
  readonly ended: Promise<never>;
  #self: Self | undefined;
  /** Questions, one after the other; and what arrives, in order. */
  readonly #asking = new Sequence();
  readonly #opening = new Sequence();

  /** Takes over a connection. */
  constructor(connection: RawConnection, options: CaChatClientOptions) {
    this.#options = options;
    this.#connection = connection;
    this.ended = this.#receive();
    this.ended.catch(() => {}); // whoever waits for something is told
  }

  /** Logs in, makes a key where `keys.json` has none, and has it certified; false where the server refuses. */
  async logIn(user: string, password: string): Promise<boolean> {
    const login = { message_type: "AUTH", username: user, password } as const;
    const { result, key_id } = await this.#ask(login, "AUTHENTICATION CONFIRMATION");
    if (result === "no") return false;
    const keys = new KeysFile(this.#options.folder, password);
    const known = keys.find(key_id);
    const key = known ?? await generateRsaKey();
    const publicKey = formatRsaPublicKey(key);
    if (known === undefined) {
      keys.add(key_id, key);
      await this.#send({ message_type: "UPDATE PUBLIC KEY", username: user, public_key: publicKey });
    }
    this.#self = { user, keys, key };
    await this.#certify(publicKey);
    return true;
  }

  /** The names of all users. */
  async users(): Promise<readonly string[]> {
    return (await this.#ask({ message_type: "LIST" }, "USER LISTING")).users;
  }

  /**
   * Finds a user's key, which a certificate of the authority must vouch for.
   *
   * @throws {UsageError} `unknown-user`
   * @throws {AuthenticationError} `certificate-refused`
   */
  peer(user: string): Promise<Recipient> {
    const known = this.#peers.get(user) ?? this.#lookUp(user);
    this.#peers.set(user, known);
    known.catch(() => this.#peers.delete(user));
    return known;
  }

  /**
   * Sends a text.
   *
   * @throws {UsageError} `message-too-long`
   */
  async sendText(user: string, text: string): Promise<void> {
    const { user: username, key } = this.#me();
    const sealed = sealEnvelope(text, key, await this.peer(user), this.#options.random);
    const message = { message_type: "MESSAGE", message: sealed, username, user } as const;
    const limit = this.#options.dialect === "original" ? ORIGINAL_MESSAGE_BYTES : MAX_MESSAGE_BYTES;
    if (encodeMessage(message).length > limit) {
      const text = `a message becomes longer than ${limit} bytes when it is encrypted`;
      throw new UsageError("message-too-long", text);
    }
    await this.#send(message);
  }

  /**
   * Sends a file.
   *
   * @throws {UsageError} `file-too-large`
   */
  async sendFile(user: string, path: string, caption: string): Promise<void> {
    const { user: username, key } = this.#me();
    const content = encodeBase64(await Deno.readFile(path));
    const data = encodeUtf8(sealEnvelope(content, key, await this.peer(user), this.#options.random));
    if (data.length > MAX_FILE_BYTES) {
      throw new UsageError("file-too-large", "the file is too large to be sent");
    }
    const file = { file_name: basename(path), file_size: data.length, caption };
    await this.#send({ message_type: "FILE", username, user, ...file }, data);
  }

  /** Waits until the server has handled what was sent and all of it is shown, then takes leave. */
  async quit(): Promise<void> {
    if (this.#self !== undefined) await this.users();
    await this.#opening.run(() => {});
    await this.#send({ message_type: "QUIT" });
  }

  /** Answers the challenge where the server sets one, and keeps the certificate. */
  async #certify(public_key: string): Promise<void> {
    const { user, key } = this.#me();
    const { folder, now } = this.#options;
    const application = { message_type: "CERTIFICATE", username: user, public_key } as const;
    let answer = await this.#ask(application, "CERTIFICATE", "CERTIFICATE CHALLENGE");
    if (answer.message_type === "CERTIFICATE CHALLENGE") {
      const challenge_response = encodeBase64(decryptOaep(key, decodeBase64(answer.challenge)));
      const proof = {
        message_type: "CERTIFICATE CHALLENGE RESPONSE",
        challenge_response,
        public_key,
      } as const;
      answer = await this.#ask(proof, "CERTIFICATE");
    }
    if (answer.ca_public_key !== undefined) this.#keepAuthority(answer.ca_public_key);
    verifyRsaCertificate(answer.certificate, this.#readAuthority(), user, now());
    replaceFile(join(folder, certificateName(user)), answer.certificate, 0o644);
  }

  /** The first authority that is seen is trusted, and no other after it. */
  #keepAuthority(pem: string): void {
    const path = join(this.#options.folder, CA_PUBLIC_KEY), known = readTextFile(path);
    if (known === undefined) return replaceFile(path, pem, 0o644);
    if (known.trim() === pem.trim()) return;
    throw new AuthenticationError(
      "authority-changed",
      `the server's authority is not the one in ${CA_PUBLIC_KEY}`,
    );
  }

  #readAuthority(): string {
    const pem = readTextFile(join(this.#options.folder, CA_PUBLIC_KEY));
    if (pem !== undefined) return pem;
    throw new UsageError("no-authority", `there is no ${CA_PUBLIC_KEY} in this folder`, {
      hint: "a server of the original dialect writes it into its own folder: work in that one, or copy it",
    });
  }

  async #lookUp(username: string): Promise<Recipient> {
    const check = { message_type: "USER CHECK", username } as const;
    const { result, key_id } = await this.#ask(check, "USER CHECK RESPONSE");
    if (result === "no") throw new UsageError("unknown-user", `there is no user ${username}`);
    const request = { message_type: "CERTIFICATE REQUEST", username } as const;
    const { certificate } = await this.#ask(request, "CERTIFICATE RESPONSE");
    const now = this.#options.now();
    return {
      keyId: key_id,
      publicKey: verifyRsaCertificate(certificate, this.#readAuthority(), username, now),
    };
  }

  async #receive(): Promise<never> {
    const cutter = jsonCutter(MAX_ANSWER_BYTES);
    for (;;) {
      const message = parseServerMessage(await readFromServer(this.#connection, cutter, GONE_HINT));
      if (message.message_type === "MESSAGE") this.#inOrder(() => this.#openText(message));
      else if (message.message_type === "FILE") {
        const data = await readFromServer(this.#connection, exactCutter(message.file_size), GONE_HINT);
        this.#inOrder(() => this.#openFile(message, new TextDecoder().decode(data)));
      } else if (message.message_type === "DELIVERY FAILED") {
        const { user, reason } = message;
        const text = `not delivered to ${user}: ${reason}`;
        this.#inOrder(() => this.#options.show({ type: "undelivered", to: user, reason, text }));
      } else this.#question.answer(message);
    }
  }

  /** What arrives is opened in order, and while the next answer is awaited. */
  #inOrder(open: () => void | Promise<void>): void {
    this.#opening.run(open).catch((error) => {
      if (!(error instanceof ParleyError)) throw error;
      const { code, message } = error;
      this.#options.show({ type: "discarded", code, text: `a message is discarded: ${message}` });
    });
  }

  async #openText({ message, username: from }: AnswerOf<"MESSAGE">): Promise<void> {
    const text = await this.#openEnvelope(message, from);
    this.#options.show({ type: "message", from, message: text, text: `${from}: ${text}` });
  }

  async #openFile({ file_name, caption, username }: AnswerOf<"FILE">, data: string): Promise<void> {
    const from = username ?? this.#soleCorrespondent();
    const content = decodeBase64(await this.#openEnvelope(data, from));
    const folder = join(this.#options.folder, `${this.#me().user}_received_files`);
    const path = saveReceivedFile(folder, file_name, content);
    const text = `${from} has sent a file, saved as ${path}: ${caption}`;
    this.#options.show({ type: "file", from, path, caption, text });
  }

  async #openEnvelope(sealed: string, from: string): Promise<string> {
    const { publicKey: sender } = await this.peer(from);
    const { keys } = this.#me();
    return openEnvelope(sealed, {
      privateKey: (id) => keys.find(id),
      sender,
      maxBytes: MAX_FILE_BYTES,
    });
  }

  /** The original does not say who sends a file; only with one correspondent it is clear. */
  #soleCorrespondent(): string {
    const [only, ...more] = this.#peers.keys();
    if (only !== undefined && more.length === 0) return only;
    throw new AuthenticationError("sender-unknown", "the server does not say who has sent this file");
  }

  #me(): Self {
    if (this.#self === undefined) throw new UsageError("login-required", "nobody has logged in");
    return this.#self;
  }

  async #send(message: ClientMessage, ...data: Uint8Array[]): Promise<void> {
    for (const part of [encodeMessage(message), ...data]) this.#connection.writer.write(part);
    await this.#connection.writer.whenWritable();
  }

  /** Asks when the question before has its answer, of one of these types. */
  #ask<Type extends ServerMessage["message_type"]>(
    question: ClientMessage,
    ...types: readonly Type[]
  ): Promise<AnswerOf<Type>> {
    const wants = (answer: ServerMessage): answer is AnswerOf<Type> =>
      (types as readonly string[]).includes(answer.message_type);
    const send = () => this.#connection.writer.write(encodeMessage(question));
    return this.#asking.run(() => this.#question.ask(send, wants, this.ended));
  }
}
