import {
  formatRsaPublicKey,
  listenRaw,
  type ProfileServer,
  type RawConnection,
  Roster,
  type ServeOptions,
  verifyPss,
} from "../core/mod.ts";
import { encodeUtf8 } from "../../bytes/mod.ts";
import { readCertifiedKey } from "./files.ts";
import {
  AUTH_FAILED,
  AUTH_REQUEST,
  AUTH_SUCCESS,
  type ClientMessage,
  cutClientMessage,
  cutLogin,
  type Login,
  NO_KEY,
  START,
} from "./messages.ts";

const LOGIN_MS = 10_000;
/** The published server leaves a client that it does not know waiting; ours does not wait for ever. */
const UNKNOWN_MS = 60_000;
const MAX_MESSAGE_BYTES = 64 * 1024;
const GROUP_SIZE = 3;
/** What each client is forwarded in a key exchange: two parts from each of the two others. */
const PARTS_PER_EXCHANGE = 4;

/** How long nothing follows a message, so that peers that take one `recv` for one message see it apart. */
interface Pace {
  readonly gapMs: number;
  readonly beforeStartMs: number;
  readonly afterStartMs: number;
  readonly afterPartMs: number;
  readonly afterLastPartMs: number;
}

const PACES: Record<ServeOptions["dialect"], Pace> = {
  documented: { gapMs: 0, beforeStartMs: 0, afterStartMs: 0, afterPartMs: 0, afterLastPartMs: 0 },
  original: { gapMs: 20, beforeStartMs: 1000, afterStartMs: 300, afterPartMs: 100, afterLastPartMs: 1000 },
};

/** A client that has authenticated itself. */
interface Member {
  readonly id: string;
  readonly connection: RawConnection;
  parts: number;
}

/** Starts the server. */
export function serveKeyparts(options: ServeOptions): Promise<ProfileServer> {
  const hub = new Hub(options);
  const server = listenRaw({
    ...options,
    gapMs: PACES[options.dialect].gapMs,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    converse: (connection) => hub.converse(connection),
    onFailure({ peer }, { code, message }) {
      options.log({ type: "client-failed", client: peer, code, text: `${peer} is disconnected: ${message}` });
    },
  });
  return Promise.resolve({
    addresses: server.addresses,
    close() {
      hub.close();
      return server.close();
    },
  });
}

class Hub {
  readonly #options: ServeOptions;
  readonly #pace: Pace;
  readonly #members = new Roster<Member>();
  #start: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
    this.#pace = PACES[options.dialect];
  }

  close(): void {
    clearTimeout(this.#start);
  }

  async converse(connection: RawConnection): Promise<void> {
    connection.closeAfter(LOGIN_MS);
    const member = await this.#logIn(connection);
    connection.closeAfter(undefined);
    if (member === undefined) return;
    try {
      await this.#serve(member);
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
      connection.writer.write(AUTH_FAILED);
      return undefined;
    }
  }

  #check({ id, signature }: Login): string | undefined {
    const key = readCertifiedKey(this.#options.folder, id);
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
    member.connection.writer.write(AUTH_SUCCESS);
    this.#log("client-joined", member.id, `${member.id} has authenticated itself`);
    if (this.#members.size === GROUP_SIZE) {
      this.#start = setTimeout(() => this.#startExchange(), this.#pace.beforeStartMs);
    }
    return undefined;
  }

  #startExchange(): void {
    for (const member of this.#members.others()) {
      member.parts = 0;
      member.connection.writer.write(START, this.#pace.afterStartMs);
    }
    const clients = this.#members.names();
    this.#options.log({
      type: "key-exchange",
      clients,
      text: `the key exchange of ${clients.join(", ")} starts`,
    });
  }

  async #serve(member: Member): Promise<void> {
    const { reader } = member.connection;
    for (;;) {
      const message = reader.take(cutClientMessage) ?? await reader.read(cutClientMessage);
      if (message === undefined) return;
      this.#take(member, message);
      for (const { connection: { writer } } of this.#members.others(member)) {
        if (writer.full) await writer.whenWritable();
      }
    }
  }

  #take(member: Member, message: ClientMessage): void {
    if (message.type === "key-request") member.connection.writer.write(this.#publicKey(message.id));
    else if (message.type === "forward") this.#forward(member, message.kind, message.bytes);
    else this.#log("discarded", member.id, `text from ${member.id} is discarded`);
  }

  #publicKey(id: string): Uint8Array {
    const key = readCertifiedKey(this.#options.folder, id);
    return key === undefined ? NO_KEY : encodeUtf8(formatRsaPublicKey(key));
  }

  #forward(from: Member, kind: "part" | "chat", bytes: Uint8Array): void {
    const { gapMs, afterPartMs, afterLastPartMs } = this.#pace;
    for (const member of this.#members.others(from)) {
      if (kind === "part") member.parts++;
      const afterMs = member.parts % PARTS_PER_EXCHANGE === 0 ? afterLastPartMs : afterPartMs;
      member.connection.writer.write(bytes, kind === "part" ? afterMs : gapMs);
    }
  }

  #log(type: string, client: string, text: string): void {
    this.#options.log({ type, client, text });
  }
}
