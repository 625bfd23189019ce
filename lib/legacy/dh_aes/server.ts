import { join } from "node:path";
import { decodeUtf8 } from "../../bytes/mod.ts";
import { ParleyError, ProtocolError } from "../../errors/mod.ts";
import {
  frameCutter,
  Inbox,
  listenRaw,
  type ProfileServer,
  type RawConnection,
  Roster,
  type ServeOptions,
} from "../core/mod.ts";
import { AwaitingPublicValue } from "./handshake.ts";
import {
  type ClientMessage,
  formatMessage,
  formatPending,
  MAX_REQUEST_BYTES,
  parseClientMessage,
  type ServerMessage,
} from "./messages.ts";
import type { Suite } from "./suite.ts";

/** The journal of the inboxes in the server's folder. */
const INBOX_FILE = "inbox.jsonl";
const HANDSHAKE_MS = 10_000;
/** How long a client may take to fetch what has waited for it. */
const FETCH_MS = 30_000;
/** `pending_messages` holds so much; what waits beyond it follows one by one. */
const PENDING_BYTES = 256 * 1024;
const INBOX_LIMITS = { maxMessagesPerUser: 1000, maxUsers: 1000, maxSize: 64 * 1024 * 1024 };

const cutRequest = frameCutter(MAX_REQUEST_BYTES);

/** A user who is here. */
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
  using opening = new DisposableStack();
  const inbox = opening.use(Inbox.open(join(options.folder, INBOX_FILE), INBOX_LIMITS));
  const office = new PostOffice(options, inbox);
  const server = listenRaw({
    ...options,
    gapMs: 0,
    maxMessageBytes: MAX_REQUEST_BYTES,
    converse: (connection) => office.converse(connection),
    onFailure({ peer }, { code, message }) {
      options.log({ type: "client-failed", client: peer, code, text: `${peer} is disconnected: ${message}` });
    },
  });
  const opened = opening.move();
  return {
    addresses: server.addresses,
    async close() {
      await server.close();
      opened.dispose();
    },
  };
}

class PostOffice {
  readonly #options: ServeOptions;
  readonly #inbox: Inbox;
  readonly #members = new Roster<Member>();

  constructor(options: ServeOptions, inbox: Inbox) {
    this.#options = options;
    this.#inbox = inbox;
  }

  async converse(connection: RawConnection): Promise<void> {
    connection.closeAfter(HANDSHAKE_MS);
    const member = await logIn(connection, this.#options.random);
    if (member === undefined) return;
    if (!this.#members.join(member.name, member)) return await this.#refuse(member);
    try {
      this.#log("client-joined", member, "has joined");
      await this.#greet(member);
      await this.#serve(member);
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
    write(member, { type: "auth_success", username: name });
    const waiting = this.#inbox.waiting(name);
    const last = waiting.at(-1);
    if (last !== undefined) {
      connection.closeAfter(FETCH_MS);
      const { pending, rest } = splitPending(waiting.map(({ body }) => body));
      writer.write(suite.seal(formatPending(pending)));
      for (const text of rest) writer.write(suite.seal(text));
      await writer.flushed();
      if (!connection.closed) this.#inbox.remove(name, last.id);
    }
    connection.closeAfter(undefined);
  }

  async #serve(member: Member): Promise<void> {
    const { reader, writer } = member.connection;
    for (;;) {
      const body = reader.take(cutRequest) ?? await reader.read(cutRequest);
      if (body === undefined) return;
      const recipient = this.#handle(member, parseClientMessage(decodeUtf8(member.suite.open(body))));
      if (recipient !== undefined) await recipient.connection.writer.whenWritable();
      if (writer.full) await writer.whenWritable();
    }
  }

  /** Returns who has to take more before the sender may go on, if anybody. */
  #handle(member: Member, message: ClientMessage): Member | undefined {
    switch (message.type) {
      case "send_message":
        return this.#deliver(member, message.to, message.content);
      case "list_users":
        write(member, { type: "user_list", users: this.#members.names() });
        return undefined;
      case "unknown":
        this.#log("ignored", member, "has sent a message of an unknown type");
    }
  }

  /** The recipient's frame goes out before the sender's status. */
  #deliver(sender: Member, to: string, content: string): Member | undefined {
    const timestamp = this.#options.now() / 1000;
    const text = formatMessage({ type: "new_message", from: sender.name, content, timestamp });
    const recipient = this.#members.find(to);
    if (recipient !== undefined) {
      recipient.connection.writer.write(recipient.suite.seal(text));
      write(sender, { type: "message_delivered", to });
      return recipient.connection.writer.full ? recipient : undefined;
    }
    try {
      this.#inbox.put(to, text);
      write(sender, { type: "message_queued", to });
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      this.#log("refused", sender, `has sent a message that cannot wait: ${error.message}`);
      if (this.#options.dialect === "documented") {
        write(sender, { type: "message_refused", to, reason: error.message });
      }
    }
  }

  #log(type: string, { name, connection: { peer } }: Member, what: string): void {
    this.#options.log({ type, user: name, client: peer, text: `${name} ${what}` });
  }
}

/** Returns undefined where the client goes. */
async function logIn(
  connection: RawConnection,
  random: ServeOptions["random"],
): Promise<Member | undefined> {
  const { reader, writer } = connection;
  const awaitingValue = AwaitingPublicValue.begin(random);
  writer.write(awaitingValue.frame);
  const value = await reader.read(cutRequest);
  if (value === undefined) return undefined;
  const awaitingName = awaitingValue.receive(value);
  const sealedName = await reader.read(cutRequest);
  if (sealedName === undefined) return undefined;
  return { name: awaitingName.receive(sealedName), suite: awaitingName.suite, connection };
}

function write({ suite, connection }: Member, message: ServerMessage): void {
  connection.writer.write(suite.seal(formatMessage(message)));
}

function splitPending(texts: readonly string[]): { pending: readonly string[]; rest: readonly string[] } {
  let bytes = 0;
  const end = texts.findIndex((text) => (bytes += text.length) > PENDING_BYTES);
  const count = end < 0 ? texts.length : Math.max(end, 1);
  return { pending: texts.slice(0, count), rest: texts.slice(count) };
}
