import { encodeUtf8 } from "../../bytes/mod.ts";
import {
  type Dialect,
  eachMessage,
  formatRsaPublicKey,
  type ProfileServer,
  type RawConnection,
  Roster,
  serveClients,
  type ServeOptions,
  verifyPss,
} from "../core/mod.ts";
import { keyFolder } from "./files.ts";
import {
  AUTH_REQUEST,
  type ClientMessage,
  cutClientMessage,
  cutLogin,
  FIXED,
  type Login,
} from "./messages.ts";

const LOGIN_MS = 10_000;
/** The published server leaves a client that it does not know waiting; ours does not wait for ever. */
const UNKNOWN_MS = 60_000;
const MAX_MESSAGE_BYTES = 64 * 1024;
const GROUP_SIZE = 3;
/** What each client is forwarded in a key exchange: two parts from each of the two others. */
const PARTS_PER_EXCHANGE = 4;

/** How long nothing follows a message, so that peers that take one `recv` for one message see it apart. */
const PACES: Record<
  Dialect,
  Readonly<Record<"gap" | "beforeStart" | "start" | "part" | "lastPart", number>>
> = {
  documented: { gap: 0, beforeStart: 0, start: 0, part: 0, lastPart: 0 },
  original: { gap: 20, beforeStart: 1000, start: 300, part: 100, lastPart: 1000 },
};

/** A client that has authenticated itself. */
interface Member {
  readonly id: string;
  readonly connection: RawConnection;
  /** How many key parts it was forwarded in this exchange. */
  parts: number;
}

/** Starts the server. */
export function serveKeyparts(options: ServeOptions): Promise<ProfileServer> {
  const hub = new Hub(options);
  const limits = { gapMs: PACES[options.dialect].gap, maxMessageBytes: MAX_MESSAGE_BYTES };
  return Promise.resolve(serveClients(options, limits, (connection) => hub.converse(connection)));
}

class Hub {
  readonly #options: ServeOptions;
  readonly #members = new Roster<Member>();
  #start: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  async converse(connection: RawConnection): Promise<void> {
    const member = await connection.within(LOGIN_MS, this.#logIn(connection));
    if (member === undefined) return;
    try {
      await eachMessage(connection, cutClientMessage, (message) => this.#take(member, message));
    } finally {
      this.#members.leave(member.id, member);
      clearTimeout(this.#start);
      this.#log("client-left", member.id, `${member.id} has left`);
    }
  }

  /** An id without certificate gets no answer and may try another; undefined where nobody logs in. */
  async #logIn(connection: RawConnection): Promise<Member | undefined> {
    for (;;) {
      const login = await connection.reader.read(cutLogin);
      if (login === undefined) return undefined;
      const refusal = this.#check(login);
      if (refusal === "unknown") {
        connection.closeAfter(UNKNOWN_MS);
        continue;
      }
      const member = { id: login.id, connection, parts: 0 };
      const reason = refusal ?? this.#admit(member);
      if (reason === undefined) return member;
      this.#log("login-refused", login.id, `${login.id} is refused: ${reason}`);
      connection.writer.write(FIXED.failure);
      return undefined;
    }
  }

  #check({ id, signature }: Login): string | undefined {
    const key = keyFolder.readCertifiedKey(this.#options.folder, id);
    if (key === undefined) {
      this.#log("client-unknown", id, `there is no certificate for ${id}`);
      return "unknown";
    }
    return verifyPss(key, AUTH_REQUEST, signature, "any") ? undefined : "the signature is wrong";
  }

  #admit(member: Member): string | undefined {
    if (this.#members.find(member.id) !== undefined) return "somebody has logged in under this id";
    if (this.#members.size >= GROUP_SIZE) return "all places are taken";
    this.#members.join(member.id, member);
    member.connection.writer.write(FIXED.success);
    this.#log("client-joined", member.id, `${member.id} has authenticated itself`);
    if (this.#members.size === GROUP_SIZE) {
      this.#start = setTimeout(() => this.#startExchange(), this.#pace.beforeStart);
    }
    return undefined;
  }

  #startExchange(): void {
    for (const member of this.#members.others()) {
      member.parts = 0;
      member.connection.writer.write(FIXED.start, this.#pace.start);
    }
    const clients = this.#members.names();
    const text = `the key exchange of ${clients.join(", ")} starts`;
    this.#options.log({ type: "key-exchange", clients, text });
  }

  #take(member: Member, message: ClientMessage): Promise<void> | void {
    if (message.type === "text") this.#log("discarded", member.id, `text from ${member.id} is discarded`);
    else if (message.type !== "key-request") return this.#forward(member, message);
    else member.connection.writer.write(this.#publicKey(message.id));
  }

  #publicKey(id: string): Uint8Array {
    const key = keyFolder.readCertifiedKey(this.#options.folder, id);
    return key === undefined ? FIXED.noKey : encodeUtf8(formatRsaPublicKey(key));
  }

  /** Who does not keep up is waited for; there is no promise where all do. */
  #forward(from: Member, { type, bytes }: Extract<ClientMessage, { bytes: unknown }>): Promise<void> | void {
    const { gap, part, lastPart } = this.#pace;
    let slowest: Promise<void> | undefined;
    for (const member of this.#members.others(from)) {
      const { writer } = member.connection;
      if (type === "chat") writer.write(bytes, gap);
      else writer.write(bytes, ++member.parts % PARTS_PER_EXCHANGE === 0 ? lastPart : part);
      if (writer.full) slowest = Promise.all([slowest, writer.whenWritable()]).then(() => {});
    }
    return slowest;
  }

  #log(type: string, client: string, text: string): void {
    this.#options.log({ type, client, text });
  }

  get #pace(): typeof PACES["original"] {
    return PACES[this.#options.dialect];
  }
}
