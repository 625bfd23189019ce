import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { Socket } from "socket.io-client";
import { importClient } from "../../../lib/legacy/core/mod.ts";
import { until } from "../support/environment.ts";

/** The two published spellings with their parameters. */
export const PUBLISHED = {
  deff: { event: "DEFF_HELLMAN_PK", field: "deff_public_key", dh: 2, elgamal: 2 },
  diff: { event: "DIFF_HELLMAN_PK", field: "diff_public_key", dh: 22, elgamal: 30 },
} as const;

const Q = 1021;

/** A stand-in for the published client, from the wire facts: toy arithmetic on plain numbers. */
export class StandIn implements Disposable {
  readonly socket: Socket;
  /** Every event that has come, in order, with its arguments. */
  readonly events: [event: string, ...unknown[]][] = [];
  readonly texts: string[] = [];
  readonly #published: typeof PUBLISHED[keyof typeof PUBLISHED];
  readonly #waiting = new Set<() => void>();
  readonly #x = 7;
  readonly #dhX = 11;
  #peerKey = 0;
  #key: Uint8Array | undefined;
  #said = "";

  constructor(socket: Socket, spelling: keyof typeof PUBLISHED) {
    this.socket = socket;
    this.#published = PUBLISHED[spelling];
    socket.onAny((event: string, ...args: unknown[]) => {
      this.events.push([event, ...args]);
      this.#take(event, args[0]);
      for (const check of [...this.#waiting]) check();
    });
    socket.on("disconnect", () => {
      this.events.push(["disconnect"]);
      for (const check of [...this.#waiting]) check();
    });
  }

  static async connect(
    port: number,
    { spelling = "diff", transports = ["polling", "websocket"] }: {
      spelling?: keyof typeof PUBLISHED;
      transports?: string[];
    } = {},
  ): Promise<StandIn> {
    const { io } = await importClient();
    const socket = io(`http://127.0.0.1:${port}`, { transports, forceNew: true, reconnection: false });
    const standIn = new StandIn(socket, spelling);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    return standIn;
  }

  get keyed(): Promise<unknown> {
    return until(this.#waiting, () => this.#key);
  }

  /** Waits for an event, the `count`th of its name; its arguments. */
  async got(event: string, count = 1): Promise<unknown[]> {
    const find = () => this.events.filter(([name]) => name === event).at(count - 1);
    return (await until(this.#waiting, find)).slice(1);
  }

  /** Sends a text as the published client does. */
  say(text: string): void {
    const iv = crypto.getRandomValues(new Uint8Array(16));
    const cipher = createCipheriv("aes-256-cbc", this.#key!, iv);
    const message = cipher.update(text, "utf8", "base64") + cipher.final("base64");
    this.#said = `{"message": "${message}", "iv": "${iv.toBase64()}"}`;
    this.socket.emit("message", this.#said);
  }

  /** Sends once more what was said last, as whoever sits in between can. */
  repeat(): void {
    this.socket.emit("message", this.#said);
  }

  /** The signed value that a published client sends. */
  signedValue(): string {
    const { dh, elgamal, field } = this.#published;
    const value = power(dh, this.#dhX), k = 23;
    const s1 = power(elgamal, k);
    const kInverse = Array.from({ length: Q }, (_, i) => i).find((i) => i * k % (Q - 1) === 1)!;
    const s2 = kInverse * ((((hash(value) - this.#x * s1) % (Q - 1)) + Q - 1) % (Q - 1)) % (Q - 1);
    return `{"${field}": ${value}, "s1": ${s1}, "s2": ${s2}}`;
  }

  #take(event: string, payload: unknown): void {
    const { elgamal, event: valueEvent, field } = this.#published;
    if (event === "KEY_EXCHANGE") this.socket.emit("ELGAMAL_PK", String(power(elgamal, this.#x)));
    else if (event === "ELGAMAL_PK_BC") {
      this.#peerKey = Number(payload);
      this.socket.emit(valueEvent, this.signedValue());
    } else if (event === `${valueEvent}_BC`) {
      const { s1, s2, [field]: value } = JSON.parse(String(payload));
      const valid = power(elgamal, hash(value)) === power(this.#peerKey, s1) * power(s1, s2) % Q;
      if (!valid) return void this.socket.disconnect();
      this.#key = createHash("sha256").update(String(power(value, this.#dhX))).digest();
    } else if (event === "received_message") {
      const { message, iv } = JSON.parse(String(payload));
      const decipher = createDecipheriv("aes-256-cbc", this.#key!, Uint8Array.fromBase64(iv));
      this.texts.push(decipher.update(message, "base64", "utf8") + decipher.final("utf8"));
    }
  }

  [Symbol.dispose](): void {
    this.socket.disconnect();
  }
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = result * base % Q;
  return result;
}

function hash(value: number): number {
  const digest = createHash("sha1").update(String(value)).digest();
  return new DataView(new Uint8Array(digest).buffer).getUint32(16) & 511;
}
