import { NetworkError, ProtocolError, TimeoutError } from "../../errors/mod.ts";
import { jsonCutter, type RawConnection } from "../core/mod.ts";
import {
  type ClientMessage,
  encodeMessage,
  type MessageOf,
  parseServerMessage,
  type ServerMessage,
} from "./messages.ts";

const ANSWER_MS = 15_000;
/** The list of all users may be long. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What arrives without having been asked for. */
export type Incoming =
  | MessageOf<ServerMessage, "MESSAGE">
  | (MessageOf<ServerMessage, "FILE"> & { readonly data: string })
  | MessageOf<ServerMessage, "DELIVERY FAILED">;

/** A client's connection: one question at a time, and between the answers what others have sent. */
export class Link {
  readonly #connection: RawConnection;
  readonly #take: (incoming: Incoming) => void;
  readonly #cutter = jsonCutter(MAX_ANSWER_BYTES);
  #waiting:
    | { readonly types: readonly string[]; readonly resolve: (message: ServerMessage) => void }
    | undefined;
  /** Rejects when the connection has ended. */
  readonly ended: Promise<never>;

  /** Reads until the connection ends; `take` gets what was not asked for. */
  constructor(connection: RawConnection, take: (incoming: Incoming) => void) {
    this.#connection = connection;
    this.#take = take;
    this.ended = this.#receive();
    this.ended.catch(() => {}); // whoever waits for something is told
  }

  /** Sends a message that has no answer. */
  async send(message: ClientMessage, ...data: Uint8Array[]): Promise<void> {
    for (const part of [encodeMessage(message), ...data]) this.#connection.writer.write(part);
    await this.#connection.writer.whenWritable();
  }

  /**
   * Sends a message and waits for its answer, of one of these types.
   *
   * @throws {NetworkError} `server-gone`
   * @throws {TimeoutError} `no-answer`
   */
  async ask<Type extends ServerMessage["message_type"]>(
    message: ClientMessage,
    ...types: Type[]
  ): Promise<MessageOf<ServerMessage, Type>> {
    const answer = new Promise<ServerMessage>((resolve) => this.#waiting = { types, resolve });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new TimeoutError("no-answer", `the server does not answer ${message.message_type}`);
      timer = setTimeout(() => reject(error), ANSWER_MS);
    });
    try {
      await this.send(message);
      return await Promise.race([answer, this.ended, late]) as MessageOf<ServerMessage, Type>;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  async #receive(): Promise<never> {
    for (;;) {
      const json = await this.#connection.reader.read(this.#cutter);
      if (json === undefined) throw new NetworkError("server-gone", "the server has ended the connection");
      const message = parseServerMessage(json);
      if (message.message_type === "MESSAGE" || message.message_type === "DELIVERY FAILED") {
        this.#take(message);
      } else if (message.message_type === "FILE") {
        this.#take({ ...message, data: await this.#data(message.file_size) });
      } else if (this.#waiting?.types.includes(message.message_type)) this.#waiting.resolve(message);
      else throw new ProtocolError("message-unexpected", `the server sends ${message.message_type} unasked`);
    }
  }

  async #data(size: number): Promise<string> {
    const data = await this.#connection.reader.read((bytes) =>
      bytes.length < size ? undefined : { message: new TextDecoder().decode(bytes.subarray(0, size)), size }
    );
    return data ?? "";
  }
}
