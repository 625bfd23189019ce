import { Buffer } from "node:buffer";
import { connect, type TLSSocket } from "node:tls";
import { encodeUtf8 } from "../bytes/mod.ts";
import { InternalError } from "../errors/mod.ts";
import type { TlsIdentity } from "../transport/mod.ts";
import {
  ALPN_PROTOCOL,
  decodeRemoteError,
  encodeFrame,
  encodeRequest,
  type Frame,
  FrameDecoder,
  limits,
  PROTOCOL_VERSION,
} from "../wire/mod.ts";
import { opaqueMessage } from "./opaque_mls.ts";

/** How to connect. */
export interface LoadConnectionOptions {
  /** The relay's port on 127.0.0.1. */
  port: number;
  /** The authority's root in PEM. */
  rootPem: string;
  /** What is shown. */
  identity: TlsIdentity;
  /** The conversation. */
  mailbox: string;
  /** Bytes of a message. */
  sizeBytes: number;
}

/** Stands in every message before the time at which it was sent. */
const MARK = encodeUtf8("parley-bench-mark");
/** A message carries the mark and a time, whatever is asked for. */
export const MIN_MESSAGE_BYTES: number = MARK.length + 8;
/** Acknowledgements have this bit in their request ids. */
const ACK_BIT = 0x8000_0000;
const ID_KEY = encodeUtf8("bid"); // text of two characters, then 16 bytes: the byte 0x62 is "b"
/** A writer acknowledges its own messages, too, but not each. */
const ACK_EVERY = 64;

/**
 * One connection of the load generator. It speaks just as much of the protocol as it needs, with frames made
 * beforehand and answers only counted, so that generating load costs less than serving it.
 */
export class LoadConnection {
  /** Hears how many messages the relay has on disk now, in addition. */
  onAnswered: (count: number) => void = () => {};
  readonly #socket: TLSSocket;
  readonly #mailbox: string;
  readonly #decoder = new FrameDecoder(limits.maxFrameBytes);
  readonly #template: Uint8Array;
  readonly #timeAt: number;
  readonly #idAt: number;
  #onPushed: ((sentAt: readonly number[]) => void) | undefined;
  #onFirst: ((frame: Frame) => void) | undefined;
  #pieces: Uint8Array[] = [];
  #count = 0;
  /** The conversation's first entry is the commit that made it. */
  #head = 1;
  #unacknowledged = 0;

  private constructor(socket: TLSSocket, { mailbox, sizeBytes }: LoadConnectionOptions) {
    this.#socket = socket;
    this.#mailbox = mailbox;
    const body = new Uint8Array(Math.max(MIN_MESSAGE_BYTES, sizeBytes));
    body.set(MARK);
    const message = opaqueMessage(mailbox, 1, body);
    const id = crypto.getRandomValues(new Uint8Array(16));
    const request = encodeRequest("append", { mailbox, id, message });
    this.#template = encodeFrame({ type: "request", requestId: 0, body: request });
    this.#timeAt = Buffer.from(this.#template.buffer).indexOf(MARK) + MARK.length;
    this.#idAt = Buffer.from(this.#template.buffer).indexOf(ID_KEY) + ID_KEY.length + 1;
    socket.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    socket.on("error", (cause: Error) => {
      throw new InternalError("the load generator lost a connection", { cause });
    });
  }

  /** Connects, checks the relay's certificate and says hello. */
  static async open(options: LoadConnectionOptions): Promise<LoadConnection> {
    const { port, rootPem, identity } = options;
    const socket = connect({
      host: "127.0.0.1",
      port,
      ca: rootPem,
      key: identity.keyPem,
      cert: identity.certificatesPem,
      ALPNProtocols: [ALPN_PROTOCOL],
      minVersion: "TLSv1.3",
    });
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    socket.removeAllListeners("error");
    const connection = new LoadConnection(socket, options);
    await connection.#ask(encodeRequest("hello", { version: PROTOCOL_VERSION, agent: "parley-bench" }));
    return connection;
  }

  /** Asks for pushes; `onPushed` hears when the messages of each push were sent. */
  async watch(onPushed: (sentAt: readonly number[]) => void): Promise<void> {
    await this.#ask(encodeRequest("watch", {}));
    this.#onPushed = onPushed;
  }

  /** Sends a message that says it was sent at `time`, in milliseconds of this process's clock. */
  append(time: number): void {
    const frame = this.#template.slice();
    const view = new DataView(frame.buffer);
    view.setUint32(5, this.#count++ & 0x7fff_ffff);
    view.setFloat64(this.#idAt, this.#count);
    view.setFloat64(this.#timeAt, time);
    this.#send(frame);
  }

  /** Ends the connection. */
  close(): void {
    this.#socket.removeAllListeners("error");
    this.#socket.on("error", () => {}); // nobody is interested any more
    this.#socket.destroy();
  }

  #ask(body: Uint8Array): Promise<Frame> {
    return new Promise((resolve) => {
      this.#onFirst = resolve;
      this.#send(encodeFrame({ type: "request", requestId: 0, body }));
    });
  }

  /** Collects what is sent in one turn of the event loop into one write. */
  #send(frame: Uint8Array): void {
    if (this.#pieces.length === 0) {
      queueMicrotask(() => {
        const pieces = this.#pieces;
        this.#pieces = [];
        this.#socket.write(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
      });
    }
    this.#pieces.push(frame);
  }

  #onData(chunk: Uint8Array): void {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let answered = 0;
    const sentAt: number[] = [];
    for (const frame of this.#decoder.push(bytes)) {
      if (frame.type === "push") readTimes(frame.body, sentAt);
      else if (frame.type === "ping") this.#send(encodeFrame({ ...frame, type: "pong" }));
      else if (frame.type !== "response") this.#refused(frame);
      else if (this.#onFirst !== undefined) this.#takeFirst(frame);
      else if (frame.requestId < ACK_BIT) answered++;
    }
    if (answered > 0) {
      this.#acknowledge(answered, ACK_EVERY);
      this.onAnswered(answered);
    }
    if (sentAt.length > 0) {
      this.#acknowledge(sentAt.length, 1);
      this.#onPushed?.(sentAt);
    }
  }

  #takeFirst(frame: Frame): void {
    const resolve = this.#onFirst;
    this.#onFirst = undefined;
    resolve?.(frame);
  }

  #acknowledge(count: number, every: number): void {
    this.#head += count;
    this.#unacknowledged += count;
    if (this.#unacknowledged < every) return;
    this.#unacknowledged = 0;
    const body = encodeRequest("ack", { mailbox: this.#mailbox, seq: this.#head });
    this.#send(encodeFrame({ type: "request", requestId: ACK_BIT, body }));
  }

  #refused({ type, body }: Frame): never {
    const { code, message } = decodeRemoteError(body);
    throw new InternalError(`the relay sent ${type} to the load generator: ${code}: ${message}`);
  }
}

/** Finds the times that the messages of a push carry, without decoding it. */
function readTimes(body: Uint8Array, times: number[]): void {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const before = times.length;
  for (let at = buffer.indexOf(MARK); at >= 0; at = buffer.indexOf(MARK, at + MARK.length)) {
    times.push(buffer.readDoubleBE(at + MARK.length));
  }
  if (times.length === before && body.length < 32) {
    throw new InternalError("the relay left messages out: the load generator reads too slowly");
  }
}
