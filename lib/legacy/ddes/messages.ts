import { concatBytes, encodeUtf8 } from "../../bytes/mod.ts";
import { AuthenticationError, DecodeError } from "../../errors/mod.ts";
import { DES_BYTES, type DhKeyPair, encodeFrame } from "../core/mod.ts";
import { MAC_BYTES, Suite } from "./suite.ts";

/** The five opcodes. */
export const Opcode = {
  keyVerification: 10,
  sessionToken: 20,
  data: 30,
  aggregate: 40,
  disconnect: 50,
} as const;

/** One of the five. */
export type Opcode = typeof Opcode[keyof typeof Opcode];

/** Which end speaks. */
export type Role = "client" | "server";

/** The largest body of a frame. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Length in bytes of a session token. */
export const TOKEN_BYTES = 8;
const SEALED_AT = 9;
const SPACE = encodeUtf8(" ");

/** The other end's public value is here: both can have the keys, and have to show it. */
export class AwaitingProof {
  /** The frame that shows that this end has the keys. */
  readonly proof: Uint8Array;
  readonly #suite: Suite;
  readonly #own: Role;
  readonly #values: Uint8Array;

  /**
   * Takes the body with the other end's public value.
   *
   * @throws {DecodeError} `message-malformed`
   * @throws {ProtocolError} `dh-value-refused`
   */
  constructor(keys: DhKeyPair, own: Role, body: Uint8Array) {
    const peer = decodeKeyStep(body, keys.group.bytes);
    this.#suite = new Suite(keys.computeSecret(peer));
    this.#own = own;
    this.#values = own === "server"
      ? concatBytes(keys.publicValue, peer)
      : concatBytes(peer, keys.publicValue);
    this.proof = encodeKeyStep(this.#suite.mac.sign(this.#values, encodeUtf8(own)));
  }

  /**
   * Takes the body with the other end's proof.
   *
   * @throws {AuthenticationError} `key-proof-wrong`
   * @throws {DecodeError} `message-malformed`
   */
  receive(body: Uint8Array): SealedChannel {
    const peer = otherThan(this.#own);
    if (this.#suite.mac.verify(this.#values, decodeKeyStep(body, MAC_BYTES), encodeUtf8(peer))) {
      return new SealedChannel(this.#suite, this.#own);
    }
    throw new AuthenticationError("key-proof-wrong", `the ${peer} does not have the keys`);
  }
}

/**
 * Encodes a step of the key exchange.
 *
 * ```text
 * length (4) | opcode 10 (1) | Diffie-Hellman value (256) or HMAC(key2, role | both values) (32)
 * ```
 */
export function encodeKeyStep(content: Uint8Array): Uint8Array {
  return encodeFrame(Uint8Array.of(Opcode.keyVerification), content);
}

function decodeKeyStep(body: Uint8Array, bytes: number): Uint8Array {
  if (body[0] === Opcode.keyVerification && body.length === 1 + bytes) return body.subarray(1);
  throw new DecodeError("message-malformed", "what the peer sends is no step of the key exchange");
}

/** What a sealed message says, once it is verified. */
export interface SealedMessage {
  /** Which of the five. */
  readonly opcode: number;
  /** From the client the token and the text; from the server the text, or with opcode 20 the token. */
  readonly content: Uint8Array;
}

/**
 * Seals and opens messages under the keys. The counter begins at 1 and is under the HMAC, so that a replay is not
 * taken; so is the sender's role, so that nobody is sent his own messages.
 *
 * ```text
 * length (4) | opcode (1) | counter (8) | E(content, spaces to 8 k) | HMAC(key2, role | opcode … E) (32)
 * ```
 */
export class SealedChannel {
  readonly #suite: Suite;
  readonly #peer: Uint8Array;
  /** Role, opcode and counter, of which the head is what goes out; one array serves for all messages. */
  readonly #signedHead: Uint8Array<ArrayBuffer>;
  readonly #head: Uint8Array;
  readonly #headView: DataView;
  #sent = 0n;
  #received = 0n;

  /** Starts both counters. */
  constructor(suite: Suite, own: Role) {
    this.#suite = suite;
    this.#peer = encodeUtf8(otherThan(own));
    this.#signedHead = concatBytes(encodeUtf8(own), new Uint8Array(SEALED_AT));
    this.#head = this.#signedHead.subarray(own.length);
    this.#headView = new DataView(this.#signedHead.buffer, own.length);
  }

  /** Encodes and seals a message; nothing is a block of spaces. */
  seal(opcode: Opcode, ...content: readonly Uint8Array[]): Uint8Array {
    const plaintext = content.length === 1 ? content[0]! : concatBytes(...content);
    const sealed = this.#suite.encrypt(plaintext.length > 0 ? plaintext : SPACE);
    this.#head[0] = opcode;
    this.#headView.setBigUint64(1, ++this.#sent);
    return encodeFrame(this.#head, sealed, this.#suite.mac.sign(sealed, this.#signedHead));
  }

  /** Opens a frame's body, of which it keeps no view; the reason where it has to be discarded. */
  open(body: Uint8Array): SealedMessage | string {
    const end = body.length - MAC_BYTES;
    if (end < SEALED_AT + DES_BYTES || (end - SEALED_AT) % DES_BYTES !== 0) return "it is malformed";
    if (!this.#suite.mac.verify(body.subarray(0, end), body.subarray(end), this.#peer)) {
      return "its HMAC is wrong";
    }
    const counter = new DataView(body.buffer, body.byteOffset).getBigUint64(1);
    if (counter <= this.#received) return "it is a replay";
    this.#received = counter;
    return { opcode: body[0]!, content: this.#suite.decrypt(body.subarray(SEALED_AT, end)) };
  }
}

function otherThan(role: Role): Role {
  return role === "client" ? "server" : "client";
}
