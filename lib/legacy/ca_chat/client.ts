import type { KeyObject } from "node:crypto";
import { basename, join } from "node:path";
import { decodeBase64, encodeBase64, encodeUtf8 } from "../../bytes/mod.ts";
import { AuthenticationError, UsageError } from "../../errors/mod.ts";
import {
  Arrivals,
  type ConnectOptions,
  decryptOaep,
  exactCutter,
  formatRsaPublicKey,
  generateRsaKey,
  jsonCutter,
  Lookup,
  mapCutter,
  type ProfileEvent,
  type RawConnection,
  readFromServer,
  replaceFile,
  RsaKeyFile,
  saveReceivedFile,
  ServerDialogue,
  TrustedAuthority,
  withServer,
} from "../core/mod.ts";
import { openEnvelope, type Recipient, sealEnvelope } from "./envelope.ts";
import { CA_PUBLIC_KEY, certificateName, KEYS } from "./files.ts";
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
const NO_AUTHORITY_HINT =
  "a server of the original dialect writes it into its own folder: work in that one, or copy it";

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
  readonly keys: RsaKeyFile;
  readonly key: KeyObject;
}

/** A client of ca-chat: {@link logIn} comes first. */
export class CaChatClient {
  readonly #options: CaChatClientOptions;
  readonly #connection: RawConnection;
  readonly #dialogue: ServerDialogue<ServerMessage, "message_type">;
  readonly #authority: TrustedAuthority;
  readonly #peers = new Lookup((user) => this.#lookUp(user));
  /** Opened while the next answer is awaited. */
  readonly #arrivals: Arrivals;
  #self: Self | undefined;

  /** Takes over a connection. */
  constructor(connection: RawConnection, options: CaChatClientOptions) {
    this.#options = options;
    this.#connection = connection;
    this.#arrivals = new Arrivals(options.show);
    const path = join(options.folder, CA_PUBLIC_KEY);
    this.#authority = new TrustedAuthority({ path, now: options.now, missingHint: NO_AUTHORITY_HINT });
    this.#dialogue = new ServerDialogue<ServerMessage, "message_type">(connection, {
      key: "message_type",
      cutter: mapCutter(jsonCutter(MAX_ANSWER_BYTES), parseServerMessage),
      goneHint: GONE_HINT,
      on: {
        "MESSAGE": (message) => this.#arrivals.add(() => this.#openText(message)),
        "FILE": (message) => this.#takeFile(message),
        "DELIVERY FAILED": (message) => this.#arrivals.add(() => undelivered(message)),
      },
    });
  }

  /** Rejects when the connection has ended. */
  get ended(): Promise<never> {
    return this.#dialogue.ended;
  }

  /**
   * Logs in, makes a key where `keys.json` has none, and has it certified.
   *
   * @throws {AuthenticationError} `login-refused`, `authority-changed`, `certificate-refused`
   */
  async logIn(user: string, password: string): Promise<void> {
    const login = { message_type: "AUTH", username: user, password } as const;
    const { result, key_id } = await this.#ask(login, "AUTHENTICATION CONFIRMATION");
    if (result === "no") {
      throw new AuthenticationError("login-refused", "the server refuses this name and password");
    }
    const keys = new RsaKeyFile(join(this.#options.folder, KEYS), password);
    const known = keys.find(key_id);
    const key = known ?? await generateRsaKey();
    const publicKey = formatRsaPublicKey(key);
    if (known === undefined) {
      keys.add(key_id, key);
      await this.#send({ message_type: "UPDATE PUBLIC KEY", username: user, public_key: publicKey });
    }
    this.#self = { user, keys, key };
    await this.#certify(publicKey);
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
    return this.#peers.get(user);
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
    await this.#arrivals.shown();
    await this.#send({ message_type: "QUIT" });
  }

  /** Answers the challenge where the server sets one, and keeps the certificate. */
  async #certify(public_key: string): Promise<void> {
    const { user, key } = this.#me();
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
    if (answer.ca_public_key !== undefined) this.#authority.keep(answer.ca_public_key);
    this.#authority.verify(answer.certificate, user);
    replaceFile(join(this.#options.folder, certificateName(user)), answer.certificate, 0o644);
  }

  async #lookUp(username: string): Promise<Recipient> {
    const check = { message_type: "USER CHECK", username } as const;
    const { result, key_id: keyId } = await this.#ask(check, "USER CHECK RESPONSE");
    if (result === "no") throw new UsageError("unknown-user", `there is no user ${username}`);
    const request = { message_type: "CERTIFICATE REQUEST", username } as const;
    const { certificate } = await this.#ask(request, "CERTIFICATE RESPONSE");
    return { keyId, publicKey: this.#authority.verify(certificate, username) };
  }

  async #openText({ message, username: from }: AnswerOf<"MESSAGE">): Promise<ProfileEvent> {
    const text = await this.#openEnvelope(message, from);
    return { type: "message", from, message: text, text: `${from}: ${text}` };
  }

  async #takeFile(message: AnswerOf<"FILE">): Promise<void> {
    const data = await readFromServer(this.#connection, exactCutter(message.file_size), GONE_HINT);
    this.#arrivals.add(() => this.#openFile(message, new TextDecoder().decode(data)));
  }

  async #openFile({ file_name, caption, username }: AnswerOf<"FILE">, data: string): Promise<ProfileEvent> {
    const from = username ?? this.#soleCorrespondent();
    const content = decodeBase64(await this.#openEnvelope(data, from));
    const folder = join(this.#options.folder, `${this.#me().user}_received_files`);
    const path = saveReceivedFile(folder, file_name, content);
    const text = `${from} has sent a file, saved as ${path}: ${caption}`;
    return { type: "file", from, path, caption, text };
  }

  async #openEnvelope(sealed: string, from: string): Promise<string> {
    const { publicKey: sender } = await this.peer(from);
    const { keys } = this.#me();
    const privateKey = (id: string) => keys.find(id);
    return openEnvelope(sealed, { privateKey, sender, maxBytes: MAX_FILE_BYTES });
  }

  /** The original does not say who sends a file; only with one correspondent it is clear. */
  #soleCorrespondent(): string {
    const [only, ...more] = this.#peers.names();
    if (only !== undefined && more.length === 0) return only;
    throw new AuthenticationError("sender-unknown", "the server does not say who has sent this file");
  }

  #me(): Self {
    if (this.#self === undefined) throw new UsageError("login-required", "nobody has logged in");
    return this.#self;
  }

  #send(message: ClientMessage, ...data: Uint8Array[]): Promise<void> {
    return this.#dialogue.send(encodeMessage(message), ...data);
  }

  #ask<Type extends ServerMessage["message_type"]>(
    question: ClientMessage,
    ...types: readonly Type[]
  ): Promise<AnswerOf<Type>> {
    return this.#dialogue.ask(types, encodeMessage(question));
  }
}

function undelivered({ user, reason }: AnswerOf<"DELIVERY FAILED">): ProfileEvent {
  return { type: "undelivered", to: user, reason, text: `not delivered to ${user}: ${reason}` };
}
