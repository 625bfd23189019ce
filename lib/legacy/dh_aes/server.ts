import { join } from "node:path";
import { ProtocolError, type StorageError } from "../../errors/mod.ts";
import {
  dhGroup14,
  DhKeyPair,
  eachMessage,
  encodeFrame,
  frameCutter,
  frameCutterWith,
  Inbox,
  InboxBatch,
  type ProfileServer,
  type RawConnection,
  Roster,
  serveClients,
  type ServeOptions,
  serveWith,
  splitBySize,
  type UnknownMessage,
} from "../core/mod.ts";
import {
  type ClientMessage,
  formatMessage,
  formatPending,
  MAX_REQUEST_BYTES,
  parseClientMessage,
  parseUserName,
  type ServerMessage,
} from "./messages.ts";
import { Suite } from "./suite.ts";

/** The journal of the inboxes in the server's folder. */
const INBOX_FILE = "inbox.jsonl";
const HANDSHAKE_MS = 10_000;
/** How long a client may take to fetch what has waited for it. */
const FETCH_MS = 30_000;
/** `pending_messages` holds so much; what waits beyond it follows one by one. */
const PENDING_CHARS = 256 * 1024;
const INBOX_LIMITS = { maxMessagesPerUser: 1000, maxUsers: 1000, maxSize: 64 * 1024 * 1024 };
const LIMITS = { maxMessageBytes: MAX_REQUEST_BYTES, gapMs: 0 };

const cutFrame = frameCutter(MAX_REQUEST_BYTES);

/** A user whose keys are agreed and who has given a name. */
interface Member {
  readonly name: string;
  readonly suite: Suite;
  readonly connection: RawConnection;
}

/**
 * Starts the server.
 *
 * @throws {StorageError} `inbox-unusable`
 * @throws {NetworkError} `listen-failed`
 */
export function serveDhAes(options: ServeOptions): ProfileServer {
  const office = new PostOffice(options, Inbox.open(join(options.folder, INBOX_FILE), INBOX_LIMITS));
  return serveWith(office, () => serveClients(options, LIMITS, (connection) => office.converse(connection)));
}

class PostOffice implements Disposable {
  readonly #options: ServeOptions;
  readonly #inbox: Inbox;
  readonly #batch: InboxBatch;
  readonly #members = new Roster<Member>();

  constructor(options: ServeOptions, inbox: Inbox) {
    this.#options = options;
    this.#inbox = inbox;
    this.#batch = new InboxBatch(inbox);
  }

  async converse(connection: RawConnection): Promise<void> {
    const member = await connection.within(HANDSHAKE_MS, logIn(connection, this.#options.random));
    if (member === undefined) return;
    if (!this.#members.join(member.name, member)) return await this.#refuse(member);
    try {
      this.#log("client-joined", member, "has joined");
      await connection.within(FETCH_MS, this.#greet(member));
      const cut = frameCutterWith(MAX_REQUEST_BYTES, (body) => parseClientMessage(member.suite.open(body)));
      await eachMessage(connection, cut, (message) => this.#handle(member, message));
    } finally {
      this.#members.leave(member.name, member);
      this.#log("client-left", member, "has left");
    }
  }

  /** A name that is taken: its holder notices nothing. */
  async #refuse(member: Member): Promise<void> {
    if (this.#options.dialect === "documented") {
      write(member, { type: "auth_failed", reason: "somebody is here under this name" });
      await member.connection.writer.flushed();
    }
    throw new ProtocolError("name-taken", `somebody is here as ${member.name} already`);
  }

  /** What waited leaves the inbox only when it has gone out. */
  async #greet(member: Member): Promise<void> {
    const { connection: { writer }, connection, suite, name } = member;
    this.#batch.flush();
    write(member, { type: "auth_success", username: name });
    const waiting = this.#inbox.waiting(name);
    const last = waiting.at(-1);
    if (last === undefined) return;
    const [pending, rest] = splitBySize(waiting.map(({ body }) => body), PENDING_CHARS);
    writer.write(suite.seal(formatPending(pending)));
    for (const text of rest) writer.write(suite.seal(text));
    await writer.flushed();
    if (!connection.closed) this.#inbox.remove(name, last.id);
  }

  [Symbol.dispose](): void {
    this.#batch[Symbol.dispose]();
  }

  /** Returns what the sender has to wait for: a recipient that does not take what is sent to it. */
  #handle(member: Member, message: ClientMessage | UnknownMessage): void | Promise<void> {
    if (message.type === "send_message") return this.#deliver(member, message.to, message.content);
    if (message.type === "list_users") {
      const users = this.#members.names();
      return this.#batch.after(() => write(member, { type: "user_list", users }));
    }
    this.#log("ignored", member, "has sent a message of an unknown type");
  }

  /** The recipient's frame goes out before the sender's status. */
  #deliver(member: Member, to: string, content: string): void | Promise<void> {
    const timestamp = this.#options.now() / 1000;
    const body = formatMessage({ type: "new_message", from: member.name, content, timestamp });
    const recipient = this.#members.find(to);
    if (recipient === undefined) {
      return this.#batch.keep({ to, body }, (error) => this.#queued(member, to, error));
    }
    const { writer } = recipient.connection;
    writer.write(recipient.suite.seal(body));
    this.#batch.after(() => write(member, { type: "message_delivered", to }));
    if (writer.full) return writer.whenWritable();
  }

  #queued(member: Member, to: string, error: StorageError | undefined): void {
    if (error === undefined) return write(member, { type: "message_queued", to });
    this.#log("refused", member, `has sent a message that cannot wait: ${error.message}`);
    if (this.#options.dialect === "documented") {
      write(member, { type: "message_refused", to, reason: error.message });
    }
  }

  #log(type: string, { name, connection: { peer } }: Member, what: string): void {
    this.#options.log({ type, user: name, client: peer, text: `${name} ${what}` });
  }
}

/** Agrees on keys and takes the name, which comes as it is, without JSON around it; undefined where the client goes. */
async function logIn(
  connection: RawConnection,
  random: ServeOptions["random"],
): Promise<Member | undefined> {
  const { reader, writer } = connection;
  const keys = DhKeyPair.generate(dhGroup14(), random);
  writer.write(encodeFrame(keys.publicValue));
  const value = await reader.read(cutFrame);
  if (value === undefined) return undefined;
  const suite = Suite.agree(keys, value, random);
  const sealedName = await reader.read(cutFrame);
  if (sealedName === undefined) return undefined;
  return { name: parseUserName(suite.open(sealedName)), suite, connection };
}

function write({ suite, connection }: Member, message: ServerMessage): void {
  connection.writer.write(suite.seal(formatMessage(message)));
}
