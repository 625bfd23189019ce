import { join } from "node:path";
import { decodeBase64, encodeBase64, equalBytesConstantTime } from "../../bytes/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import {
  type Cutter,
  encryptOaep,
  jsonCutter,
  listenRaw,
  parseRsaPublicKey,
  type ProfileServer,
  type RawConnection,
  replaceFile,
  Roster,
  type ServeOptions,
} from "../core/mod.ts";
import { type Account, Accounts } from "./accounts.ts";
import { Authority, certificateName } from "./authority.ts";
import {
  type ClientMessage,
  encodeMessage,
  MAX_FILE_BYTES,
  MAX_MESSAGE_BYTES,
  type MessageOf,
  parseClientMessage,
  type ServerMessage,
} from "./messages.ts";

const LOGIN_MS = 60_000;
const MAX_LOGINS = 5;
const NONCE_BYTES = 32;
/** A published client takes one `recv` for one message. */
const ORIGINAL_GAP_MS = 50;
/** What a published client that asks for a certificate nobody has is given: it cannot be parsed, so it is refused. */
const NO_CERTIFICATE = "NOT FOUND";

/** A user who has logged in. */
interface Member {
  readonly account: Account;
  readonly connection: RawConnection;
}

/** What the applicant has to decrypt, and for which key. */
interface Challenge {
  readonly nonce: Uint8Array;
  readonly publicKey: string;
}

/** What all connections share. */
interface Hub {
  readonly options: ServeOptions;
  readonly accounts: Accounts;
  readonly authority: Authority;
  readonly members: Roster<Member>;
}

/** Starts the server. */
export async function serveCaChat(options: ServeOptions): Promise<ProfileServer> {
  const { folder, now, random, dialect, log } = options;
  const hub: Hub = {
    options,
    accounts: Accounts.open(folder, random),
    authority: await Authority.open(folder, now, random),
    members: new Roster(),
  };
  return listenRaw({
    ...options,
    gapMs: dialect === "original" ? ORIGINAL_GAP_MS : 0,
    maxMessageBytes: MAX_FILE_BYTES,
    converse: (connection) => new Conversation(hub, connection).hold(),
    onFailure({ peer }, { code, message }) {
      log({ type: "client-failed", client: peer, code, text: `${peer} is disconnected: ${message}` });
    },
  });
}

/** The conversation with one client: anonymous until it has logged in, then in the name of its user. */
class Conversation {
  readonly #hub: Hub;
  readonly #connection: RawConnection;
  readonly #cutter = jsonCutter(MAX_MESSAGE_BYTES);

  constructor(hub: Hub, connection: RawConnection) {
    this.#hub = hub;
    this.#connection = connection;
  }

  async hold(): Promise<void> {
    this.#connection.closeAfter(LOGIN_MS);
    const member = await this.#logIn();
    this.#connection.closeAfter(undefined);
    if (member === undefined) return;
    const { members, options: { log } } = this.#hub;
    const user = member.account.username;
    log({ type: "client-joined", client: user, text: `${user} has logged in` });
    try {
      await new MemberConversation(this.#hub, member, this.#cutter).hold();
    } finally {
      members.leave(user, member);
      log({ type: "client-left", client: user, text: `${user} has left` });
    }
  }

  /** Undefined where the client leaves first. */
  async #logIn(): Promise<Member | undefined> {
    const { accounts, members, options: { log } } = this.#hub;
    for (let attempt = 0; attempt < MAX_LOGINS; attempt++) {
      const json = await this.#connection.reader.read(this.#cutter);
      const message = json && parseClientMessage(json);
      if (!message || message.message_type === "QUIT") return undefined;
      if (message.message_type !== "AUTH") {
        throw new ProtocolError("login-required", "the client has not logged in");
      }
      const { username, password } = message;
      const account = await accounts.logIn(username, password);
      const member = account && { account, connection: this.#connection };
      if (member && members.join(username, member)) {
        this.#answer({ message_type: "AUTHENTICATION CONFIRMATION", result: "yes", key_id: account.key_id });
        return member;
      }
      const reason = member ? "somebody has logged in under this name" : "the password is wrong";
      log({ type: "login-refused", client: username, text: `${username} is refused: ${reason}` });
      this.#answer({ message_type: "AUTHENTICATION CONFIRMATION", result: "no", key_id: "" });
    }
    throw new ProtocolError("too-many-logins", `${MAX_LOGINS} logins have failed`);
  }

  #answer(message: ServerMessage): void {
    this.#connection.writer.write(encodeMessage(message));
  }
}

class MemberConversation {
  readonly #hub: Hub;
  readonly #member: Member;
  readonly #cutter: Cutter<string>;
  #challenge: Challenge | undefined;

  constructor(hub: Hub, member: Member, cutter: Cutter<string>) {
    this.#hub = hub;
    this.#member = member;
    this.#cutter = cutter;
  }

  async hold(): Promise<void> {
    const { reader, writer } = this.#member.connection;
    for (;;) {
      const json = reader.take(this.#cutter) ?? await reader.read(this.#cutter);
      if (json === undefined) return;
      const message = parseClientMessage(json);
      if (message.message_type === "QUIT") return;
      if (message.message_type === "FILE") await this.#relayFile(message);
      else if (message.message_type === "MESSAGE") await this.#relay(message, json);
      else this.#handle(message);
      if (writer.full) await writer.whenWritable();
    }
  }

  #handle(message: ClientMessage): void {
    const { accounts } = this.#hub;
    switch (message.message_type) {
      case "UPDATE PUBLIC KEY":
        if (!this.#isOwn(message.username)) return;
        parseRsaPublicKey(message.public_key);
        return accounts.setPublicKey(this.#member.account, message.public_key);
      case "CERTIFICATE":
        if (this.#isOwn(message.username)) this.#apply(message.public_key);
        return;
      case "CERTIFICATE CHALLENGE RESPONSE":
        return this.#prove(message);
      case "LIST":
        return this.#answer({ message_type: "USER LISTING", users: accounts.names() });
      case "USER CHECK": {
        const { public_key = "", key_id = "" } = accounts.find(message.username) ?? {};
        const result = public_key === "" ? "no" : "yes";
        return this.#answer({ message_type: "USER CHECK RESPONSE", result, public_key, key_id });
      }
      case "CERTIFICATE REQUEST":
        return this.#answer({
          message_type: "CERTIFICATE RESPONSE",
          certificate: this.#readCertificate(message.username),
        });
      default:
        throw new ProtocolError("message-unexpected", `${message.message_type} does not belong here`);
    }
  }

  /** The published server never finished its challenge and issues at once. */
  #apply(publicKey: string): void {
    const { options: { dialect, random } } = this.#hub;
    const key = parseRsaPublicKey(publicKey);
    if (dialect === "original") return this.#issue(publicKey);
    const nonce = random(NONCE_BYTES);
    this.#challenge = { nonce, publicKey };
    this.#answer({ message_type: "CERTIFICATE CHALLENGE", challenge: encodeBase64(encryptOaep(key, nonce)) });
  }

  /** A challenge is good for one answer. */
  #prove(message: MessageOf<ClientMessage, "CERTIFICATE CHALLENGE RESPONSE">): void {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    const proven = challenge !== undefined && message.public_key === challenge.publicKey &&
      equalBytesConstantTime(decodeBase64(message.challenge_response), challenge.nonce);
    if (proven) return this.#issue(challenge.publicKey);
    const user = this.#member.account.username;
    this.#log("challenge-failed", `${user} does not hold the key that it wants a certificate for`);
    this.#answer({ message_type: "CERTIFICATE", certificate: "CHALLENGE FAILED" });
  }

  #issue(publicKey: string): void {
    const { authority, options: { folder, dialect } } = this.#hub;
    const user = this.#member.account.username;
    const certificate = authority.issue(user, parseRsaPublicKey(publicKey));
    replaceFile(join(folder, certificateName(user)), certificate, 0o644);
    this.#log("issued", `${user} has been given a certificate`);
    this.#answer({
      message_type: "CERTIFICATE",
      certificate,
      ...(dialect === "documented" && { ca_public_key: authority.publicKeyPem }),
    });
  }

  #readCertificate(user: string): string {
    if (this.#hub.accounts.find(user) === undefined) return NO_CERTIFICATE; // so the name is safe in a path
    try {
      return Deno.readTextFileSync(join(this.#hub.options.folder, certificateName(user)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return NO_CERTIFICATE;
      throw error;
    }
  }

  async #relay(message: MessageOf<ClientMessage, "MESSAGE">, json: string): Promise<void> {
    if (!this.#isOwn(message.username)) return;
    await this.#deliver(message.user, new TextEncoder().encode(json));
  }

  async #relayFile(message: MessageOf<ClientMessage, "FILE">): Promise<void> {
    const { file_name, file_size, caption, user } = message;
    const data = await this.#member.connection.reader.read((bytes) =>
      bytes.length < file_size ? undefined : { message: bytes.slice(0, file_size), size: file_size }
    );
    if (data === undefined || !this.#isOwn(message.username)) return;
    const sender = this.#hub.options.dialect === "documented" && { username: message.username };
    const header = encodeMessage({ message_type: "FILE", file_name, file_size, caption, ...sender });
    await this.#deliver(user, header, data);
  }

  async #deliver(user: string, ...parts: Uint8Array[]): Promise<void> {
    const recipient = this.#hub.members.find(user);
    if (recipient === undefined) {
      const reason = this.#hub.accounts.find(user) === undefined ? "unknown user" : "user is offline";
      this.#log("undelivered", `a message for ${user} is not delivered: ${reason}`);
      if (this.#hub.options.dialect === "original") return;
      return this.#answer({ message_type: "DELIVERY FAILED", user, reason });
    }
    const { writer } = recipient.connection;
    for (const part of parts) writer.write(part);
    if (writer.full) await writer.whenWritable();
  }

  /** Nobody speaks in another's name. */
  #isOwn(username: string): boolean {
    const own = this.#member.account.username;
    if (username === own) return true;
    this.#log("discarded", `a message of ${own} in the name of ${username} is discarded`);
    return false;
  }

  #answer(message: ServerMessage): void {
    this.#member.connection.writer.write(encodeMessage(message));
  }

  #log(type: string, text: string): void {
    this.#hub.options.log({ type, client: this.#member.account.username, text });
  }
}
