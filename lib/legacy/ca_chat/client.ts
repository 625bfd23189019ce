import type { KeyObject } from "node:crypto";
import { basename, join } from "node:path";
import { decodeBase64, encodeBase64, encodeUtf8 } from "../../bytes/mod.ts";
import { AuthenticationError, ParleyError, UsageError } from "../../errors/mod.ts";
import {
  type ConnectOptions,
  decryptOaep,
  dialRaw,
  formatRsaPublicKey,
  generateRsaKey,
  type ProfileEvent,
  replaceFile,
} from "../core/mod.ts";
import { CA_PUBLIC_KEY, certificateName, verifyUserCertificate } from "./authority.ts";
import { openEnvelope, type Recipient, sealEnvelope } from "./envelope.ts";
import { KeysFile } from "./keys_file.ts";
import { type Incoming, Link } from "./link.ts";
import { encodeMessage, MAX_FILE_BYTES, MAX_MESSAGE_BYTES, ORIGINAL_MESSAGE_BYTES } from "./messages.ts";
import { saveReceivedFile } from "./received_files.ts";

/** The port of the description. */
const PORT = 12000;
const ORIGINAL_GAP_MS = 100;

/** What a {@link CaChatClient} needs. */
export type CaChatClientOptions = Omit<ConnectOptions, "console" | "user"> & {
  /** Gets what arrives. */
  readonly show: (event: ProfileEvent) => void;
};

/** The user at this end, once logged in. */
interface Self {
  readonly user: string;
  readonly keys: KeysFile;
  readonly key: KeyObject;
}

/** A client of ca-chat: {@link open}, then {@link logIn}, then the rest. */
export class CaChatClient implements AsyncDisposable {
  readonly #options: CaChatClientOptions;
  readonly #link: Link;
  readonly #close: (flush: boolean) => Promise<void>;
  readonly #peers = new Map<string, Promise<Recipient>>();
  #self: Self | undefined;
  /** Questions, one after the other; and what arrives, in order. */
  #asking: Promise<unknown> = Promise.resolve();
  #opening: Promise<void> = Promise.resolve();

  private constructor(options: CaChatClientOptions, link: Link, close: (flush: boolean) => Promise<void>) {
    this.#options = options;
    this.#link = link;
    this.#close = close;
  }

  /** Connects. */
  static async open(options: CaChatClientOptions): Promise<CaChatClient> {
    const { hostname, port = PORT, dialect, signal } = options;
    const gapMs = dialect === "original" ? ORIGINAL_GAP_MS : 0;
    const connection = await dialRaw({ hostname, port, signal }, { gapMs, maxMessageBytes: MAX_FILE_BYTES });
    const abort = () => connection.close();
    signal.addEventListener("abort", abort);
    const link = new Link(connection, (incoming) => client.#receive(incoming));
    const client = new CaChatClient(options, link, async (flush) => {
      signal.removeEventListener("abort", abort);
      if (flush) await connection.end();
      connection.close();
    });
    return client;
  }

  /** Rejects when the connection has ended. */
  get ended(): Promise<never> {
    return this.#link.ended;
  }

  /** Logs in, makes a key where `keys.json` has none, and has it certified; false where the server refuses. */
  async logIn(user: string, password: string): Promise<boolean> {
    const login = { message_type: "AUTH", username: user, password } as const;
    const { result, key_id } = await this.#link.ask(login, "AUTHENTICATION CONFIRMATION");
    if (result === "no") return false;
    const keys = new KeysFile(this.#options.folder, password);
    const known = keys.find(key_id);
    const key = known ?? await generateRsaKey();
    const publicKey = formatRsaPublicKey(key);
    if (known === undefined) {
      keys.add(key_id, key);
      await this.#link.send({ message_type: "UPDATE PUBLIC KEY", username: user, public_key: publicKey });
    }
    this.#self = { user, keys, key };
    await this.#certify(publicKey);
    return true;
  }

  /** The names of all users. */
  async users(): Promise<readonly string[]> {
    return (await this.#inTurn(() => this.#link.ask({ message_type: "LIST" }, "USER LISTING"))).users;
  }

  /**
   * Finds a user's key, which a certificate of the authority must vouch for.
   *
   * @throws {UsageError} `unknown-user`
   * @throws {AuthenticationError} `certificate-refused`
   */
  peer(user: string): Promise<Recipient> {
    const known = this.#peers.get(user) ?? this.#inTurn(() => this.#lookUp(user));
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
    const sealed = await sealEnvelope(text, key, await this.peer(user), this.#options.random);
    const message = { message_type: "MESSAGE", message: sealed, username, user } as const;
    const limit = this.#options.dialect === "original" ? ORIGINAL_MESSAGE_BYTES : MAX_MESSAGE_BYTES;
    if (encodeMessage(message).length > limit) {
      throw new UsageError(
        "message-too-long",
        `a message becomes longer than ${limit} bytes when it is encrypted`,
      );
    }
    await this.#link.send(message);
  }

  /**
   * Sends a file.
   *
   * @throws {UsageError} `file-too-large`
   */
  async sendFile(user: string, path: string, caption: string): Promise<void> {
    const { user: username, key } = this.#me();
    const content = encodeBase64(await Deno.readFile(path));
    const data = encodeUtf8(await sealEnvelope(content, key, await this.peer(user), this.#options.random));
    if (data.length > MAX_FILE_BYTES) {
      throw new UsageError("file-too-large", "the file is too large to be sent");
    }
    const file = { file_name: basename(path), file_size: data.length, caption };
    await this.#link.send({ message_type: "FILE", username, user, ...file }, data);
  }

  /** Waits until the server has handled what was sent, then takes leave. */
  async quit(): Promise<void> {
    await this.users();
    await this.#opening;
    await this.#link.send({ message_type: "QUIT" });
    await this.#close(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(false);
  }

  /** Answers the challenge where the server sets one, and keeps the certificate. */
  async #certify(publicKey: string): Promise<void> {
    const { user, key } = this.#me();
    const { folder, now } = this.#options;
    const application = { message_type: "CERTIFICATE", username: user, public_key: publicKey } as const;
    let answer = await this.#link.ask(application, "CERTIFICATE", "CERTIFICATE CHALLENGE");
    if (answer.message_type === "CERTIFICATE CHALLENGE") {
      const challenge_response = encodeBase64(decryptOaep(key, decodeBase64(answer.challenge)));
      const proof = { challenge_response, public_key: publicKey };
      answer = await this.#link.ask(
        { message_type: "CERTIFICATE CHALLENGE RESPONSE", ...proof },
        "CERTIFICATE",
      );
    }
    if (answer.ca_public_key !== undefined) this.#keepAuthority(answer.ca_public_key);
    verifyUserCertificate(answer.certificate, this.#readAuthority(), user, now());
    replaceFile(join(folder, certificateName(user)), answer.certificate, 0o644);
  }

  /** The first authority that is seen is trusted, and no other after it. */
  #keepAuthority(pem: string): void {
    const path = join(this.#options.folder, CA_PUBLIC_KEY);
    try {
      if (Deno.readTextFileSync(path).trim() === pem.trim()) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return replaceFile(path, pem, 0o644);
    }
    throw new AuthenticationError(
      "authority-changed",
      `the server's authority is not the one in ${CA_PUBLIC_KEY}`,
    );
  }

  #readAuthority(): string {
    try {
      return Deno.readTextFileSync(join(this.#options.folder, CA_PUBLIC_KEY));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new UsageError("no-authority", `there is no ${CA_PUBLIC_KEY} in this folder`, {
        hint: "a server of the original dialect writes it into its own folder: work in that one, or copy it",
      });
    }
  }

  async #lookUp(user: string): Promise<Recipient> {
    const check = { message_type: "USER CHECK", username: user } as const;
    const { result, key_id } = await this.#link.ask(check, "USER CHECK RESPONSE");
    if (result === "no") throw new UsageError("unknown-user", `there is no user ${user}`);
    const request = { message_type: "CERTIFICATE REQUEST", username: user } as const;
    const { certificate } = await this.#link.ask(request, "CERTIFICATE RESPONSE");
    const publicKey = verifyUserCertificate(certificate, this.#readAuthority(), user, this.#options.now());
    return { keyId: key_id, publicKey };
  }

  /** What arrives is opened in order, and while the next answer is awaited. */
  #receive(incoming: Incoming): void {
    this.#opening = this.#opening.then(() => this.#open(incoming)).catch((error) => {
      if (!(error instanceof ParleyError)) throw error;
      this.#options.show({
        type: "discarded",
        code: error.code,
        text: `a message is discarded: ${error.message}`,
      });
    });
  }

  async #open(incoming: Incoming): Promise<void> {
    const { show, folder } = this.#options;
    if (incoming.message_type === "DELIVERY FAILED") {
      const { user, reason } = incoming;
      return show({ type: "undelivered", to: user, reason, text: `not delivered to ${user}: ${reason}` });
    }
    const from = incoming.username ?? this.#soleCorrespondent();
    const { publicKey: sender } = await this.peer(from);
    const { keys, user } = this.#me();
    const options = { privateKey: (id: string) => keys.find(id), sender, maxBytes: MAX_FILE_BYTES };
    if (incoming.message_type === "MESSAGE") {
      const text = await openEnvelope(incoming.message, options);
      return show({ type: "message", from, message: text, text: `${from}: ${text}` });
    }
    const content = decodeBase64(await openEnvelope(incoming.data, options));
    const path = saveReceivedFile(join(folder, `${user}_received_files`), incoming.file_name, content);
    const { caption } = incoming;
    show({
      type: "file",
      from,
      path,
      caption,
      text: `${from} has sent a file, saved as ${path}: ${caption}`,
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

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#asking.then(work);
    this.#asking = result.catch(() => {}); // whoever asked is told
    return result;
  }
}
