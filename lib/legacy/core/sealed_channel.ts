import { concatBytes, encodeUtf8 } from "../../bytes/mod.ts";
import { encodeFrame } from "./frame.ts";
import type { HmacKey } from "./hmac_key.ts";

/** Which end speaks. */
export type Role = "client" | "server";

/** The other end. */
export function otherThan(role: Role): Role {
  return role === "client" ? "server" : "client";
}

/** The keys of a {@link SealedChannel}. */
export interface ChannelSuite {
  /** Length in bytes of a block; what is encrypted has at least one. */
  readonly blockBytes: number;
  /** Authenticates. */
  readonly mac: HmacKey;
  /** Pads and encrypts. */
  encrypt(plaintext: Uint8Array): Uint8Array;
  /** Decrypts whole blocks, at least one; keeps no view of them. */
  decrypt(ciphertext: Uint8Array): Uint8Array;
}

/** What a sealed message says, once it is verified. */
export interface SealedMessage {
  /** What kind of message it is. */
  readonly opcode: number;
  /** What it holds, with its padding. */
  readonly content: Uint8Array;
}

const MAC_BYTES = 32;
const SEALED_AT = 9;

/**
 * Seals and opens messages under two ends' keys. The counter begins at 1 and is under the HMAC, so that a replay is not
 * taken; so is the sender's role, so that nobody is sent his own messages.
 *
 * ```text
 * length (4) | opcode (1) | counter (8) | E(content) | HMAC(role | opcode … E) (32)
 * ```
 */
export class SealedChannel {
  readonly #suite: ChannelSuite;
  readonly #peer: Uint8Array;
  /** Role, opcode and counter, of which the head is what goes out; one array serves for all messages. */
  readonly #signedHead: Uint8Array<ArrayBuffer>;
  readonly #head: Uint8Array;
  readonly #headView: DataView;
  #sent = 0n;
  #received = 0n;

  /** Starts both counters. */
  constructor(suite: ChannelSuite, own: Role) {
    this.#suite = suite;
    this.#peer = encodeUtf8(otherThan(own));
    this.#signedHead = concatBytes(encodeUtf8(own), new Uint8Array(SEALED_AT));
    this.#head = this.#signedHead.subarray(own.length);
    this.#headView = new DataView(this.#signedHead.buffer, own.length);
  }

  /** Encodes and seals a message into a frame. */
  seal(opcode: number, ...content: readonly Uint8Array[]): Uint8Array {
    const sealed = this.#suite.encrypt(content.length === 1 ? content[0]! : concatBytes(...content));
    this.#head[0] = opcode;
    this.#headView.setBigUint64(1, ++this.#sent);
    return encodeFrame(this.#head, sealed, this.#suite.mac.sign(sealed, this.#signedHead));
  }

  /** Opens a frame's body, of which it keeps no view; the reason where it has to be discarded. */
  open(body: Uint8Array): SealedMessage | string {
    const { blockBytes, mac } = this.#suite;
    const end = body.length - MAC_BYTES;
    if (end < SEALED_AT + blockBytes || (end - SEALED_AT) % blockBytes !== 0) return "it is malformed";
    if (!mac.verify(body.subarray(0, end), body.subarray(end), this.#peer)) return "its HMAC is wrong";
    const counter = new DataView(body.buffer, body.byteOffset).getBigUint64(1);
    if (counter <= this.#received) return "it is a replay";
    this.#received = counter;
    return { opcode: body[0]!, content: this.#suite.decrypt(body.subarray(SEALED_AT, end)) };
  }
}
