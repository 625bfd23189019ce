import { join } from "node:path";
import { decodeBase64, encodeBase64, encodeUtf8 } from "../../bytes/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import {
  type Account,
  Accounts,
  type Cutter,
  eachMessage,
  exactCutter,
  jsonCutter,
  KeyChallenge,
  parseRsaPublicKey,
  type ProfileServer,
  type RawConnection,
  Roster,
  type RsaAuthority,
  serveClients,
  type ServeOptions,
} from "../core/mod.ts";
import { ACCOUNTS, openAuthority } from "./files.ts";
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
/** A published client takes one `recv` for one message. */
const ORIGINAL_GAP_MS = 50;
/** What a published client that asks for a certificate nobody has is given: it cannot be parsed, so it is refused. */
const NO_CERTIFICATE = "NOT FOUND";

/** A user who has logged in. */
interface Member {
  readonly account: Account;
  readonly connection: RawConnection;
}

/** What all connections share. */
interface Hub {
  readonly options: ServeOptions;
  readonly accounts: Accounts;
  readonly authority: RsaAuthority;
  readonly members: Roster<Member>;
}

/** Starts the server. */
export async function serveCaChat(options: ServeOptions): Promise<ProfileServer> {
  const { folder, now, random, dialect } = options;
  const hub: Hub = {
    options,
    accounts: Accounts.open(join(folder, ACCOUNTS), random),
    authority: await openAuthority(folder, now, random),
    members: new Roster(),
  };
  const limits = { gapMs: dialect === "original" ? ORIGINAL_GAP_MS : 0, maxMessageBytes: MAX_FILE_BYTES };
  return serveClients(options, limits, (connection) => converse(hub, connection));
}

/** The conversation with one client: anonymous until it has logged in, then in the name of its user. */
async function converse(hub: Hub, connection: RawConnection): Promise<void> {
  const cutter = jsonCutter(MAX_MESSAGE_BYTES);
  const member = await connection.within(LOGIN_MS, logIn(hub, connection, cutter));
  if (member === undefined) return;
  const { members, options: { log } } = hub;
  const client = member.account.username;
  log({ type: "client-joined", client, text: `${client} has logged in` });
  try {
    const conversation = new Conversation(hub, member);
    await eachMessage(connection, cutter, (json) => conversation.take(json));
  } finally {
    members.leave(client, member);
    log({ type: "client-left", client, text: `${client} has left` });
  }
}

/** Undefined where the client leaves first. */
async function logIn(
  { accounts, members, options: { log } }: Hub,
  connection: RawConnection,
  cutter: Cutter<string>,
): Promise<Member | undefined> {
  for (let attempt = 0; attempt < MAX_LOGINS; attempt++) {
    const json = await connection.reader.read(cutter);
    const message = json === undefined ? undefined : parseClientMessage(json);
    if (message === undefined || message.message_type === "QUIT") return undefined;
    if (message.message_type !== "AUTH") {
      throw new ProtocolError("login-required", "the client has not logged in");
    }
    const { username, password } = message;
    const account = await accounts.logIn(username, password);
    const member = account && { account, connection };
    const joined = member !== undefined && members.join(username, member);
    const [result, key_id] = joined ? ["yes", account!.key_id] as const : ["no", ""] as const;
    write(connection, { message_type: "AUTHENTICATION CONFIRMATION", result, key_id });
    if (joined) return member;
    const reason = member ? "somebody has logged in under this name" : "the password is wrong";
    log({ type: "login-refused", client: username, text: `${username} is refused: ${reason}` });
  }
  await connection.writer.flushed();
  throw new ProtocolError("too-many-logins", `${MAX_LOGINS} logins have failed`);
}

function write({ writer }: RawConnection, message: ServerMessage): void {
  writer.write(encodeMessage(message));
}

/** The conversation with a user who has logged in. */
class Conversation {
  readonly #hub: Hub;
  readonly #member: Member;
  #challenge: KeyChallenge | undefined;

  constructor(hub: Hub, member: Member) {
    this.#hub = hub;
    this.#member = member;
  }

  /** False where the user leaves; a promise where somebody has to be waited for. */
  take(json: string): void | false | Promise<void> {
    const message = parseClientMessage(json);
    if (message.message_type === "MESSAGE") return this.#relay(message, json);
    if (message.message_type === "FILE") return this.#relayFile(message);
    if (message.message_type === "QUIT") return false;
    this.#handle(message);
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
    if (dialect === "original") return this.#issue(publicKey);
    this.#challenge = new KeyChallenge(publicKey, random);
    const challenge = encodeBase64(this.#challenge.ciphertext);
    this.#answer({ message_type: "CERTIFICATE CHALLENGE", challenge });
  }

  /** A challenge is good for one answer. */
  #prove(
    { challenge_response, public_key }: MessageOf<ClientMessage, "CERTIFICATE CHALLENGE RESPONSE">,
  ): void {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    if (challenge?.isMetBy(public_key, decodeBase64(challenge_response))) return this.#issue(public_key);
    const user = this.#member.account.username;
    this.#log("challenge-failed", `${user} does not hold the key that it wants a certificate for`);
    this.#answer({ message_type: "CERTIFICATE", certificate: "CHALLENGE FAILED" });
  }

  #issue(publicKey: string): void {
    const { authority, options: { dialect } } = this.#hub;
    const user = this.#member.account.username;
    const certificate = authority.issue(user, parseRsaPublicKey(publicKey));
    this.#log("issued", `${user} has been given a certificate`);
    this.#answer({
      message_type: "CERTIFICATE",
      certificate,
      ...(dialect === "documented" && { ca_public_key: authority.publicKeyPem }),
    });
  }

  #readCertificate(user: string): string {
    const { accounts, authority } = this.#hub;
    if (accounts.find(user) === undefined) return NO_CERTIFICATE; // so the name is safe in a path
    return authority.find(user) ?? NO_CERTIFICATE;
  }

  #relay({ username, user }: MessageOf<ClientMessage, "MESSAGE">, json: string): void | Promise<void> {
    if (this.#isOwn(username)) return this.#deliver(user, encodeUtf8(json));
  }

  async #relayFile(message: MessageOf<ClientMessage, "FILE">): Promise<void> {
    const { file_name, file_size, caption, user, username } = message;
    const data = await this.#member.connection.reader.read(exactCutter(file_size));
    if (data === undefined || !this.#isOwn(username)) return;
    const sender = this.#hub.options.dialect === "documented" && { username };
    const header = encodeMessage({ message_type: "FILE", file_name, file_size, caption, ...sender });
    await this.#deliver(user, header, data);
  }

  /** A promise where the recipient does not keep up. */
  #deliver(user: string, ...parts: Uint8Array[]): void | Promise<void> {
    const recipient = this.#hub.members.find(user);
    if (recipient === undefined) {
      const reason = this.#hub.accounts.find(user) === undefined ? "unknown user" : "user is offline";
      this.#log("undelivered", `a message for ${user} is not delivered: ${reason}`);
      if (this.#hub.options.dialect === "original") return;
      return this.#answer({ message_type: "DELIVERY FAILED", user, reason });
    }
    const { writer } = recipient.connection;
    for (const part of parts) writer.write(part);
    if (writer.full) return writer.whenWritable();
  }

  /** Nobody speaks in another's name. */
  #isOwn(username: string): boolean {
    const own = this.#member.account.username;
    if (username === own) return true;
    this.#log("discarded", `a message of ${own} in the name of ${username} is discarded`);
    return false;
  }

  #answer(message: ServerMessage): void {
    write(this.#member.connection, message);
  }

  #log(type: string, text: string): void {
    this.#hub.options.log({ type, client: this.#member.account.username, text });
  }
}
