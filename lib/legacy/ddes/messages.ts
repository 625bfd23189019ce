import { concatBytes, decodeUtf8, encodeUtf8 } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { type Cutter, DES_BYTES, encodeFrame, frameCutter, frameCutterWith } from "../core/mod.ts";
import { MAC_BYTES, type Suite } from "./suite.ts";

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

/** Length in bytes of a session token. */
export const TOKEN_BYTES = 8;
const COUNTER_BYTES = 8;
const SEALED_AT = 1 + COUNTER_BYTES;
const MAX_BODY_BYTES = 64 * 1024;

/** Cuts a message of the documented dialect. */
export const cutMessage = frameCutter(MAX_BODY_BYTES);

/** Returns a cutter for messages that are opened where they arrived; `open` must not keep a view of them. */
export function messageCutter<M>(open: (body: Uint8Array) => M): Cutter<M> {
  return frameCutterWith(MAX_BODY_BYTES, open);
}

/** What a sealed message says, once it is verified. */
export interface SealedMessage {
  /** Which of the five. */
  readonly opcode: number;
  /** From the client the token and the text; from the server the text, or with opcode 20 the token. */
  readonly content: Uint8Array;
}

/** Reads a text without the spaces that padded it. */
export function decodeText(content: Uint8Array): string {
  return decodeUtf8(content).trimEnd();
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

/**
 * Decodes what {@link encodeKeyStep} encodes; `body` is the frame's.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function decodeKeyStep(body: Uint8Array, bytes: number): Uint8Array {
  if (body[0] === Opcode.keyVerification && body.length === 1 + bytes) return body.subarray(1);
  throw new DecodeError("message-malformed", "what the peer sends is no step of the key exchange");
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
    this.#peer = ROLES[own === "client" ? "server" : "client"];
    const roleBytes = ROLES[own].length;
    this.#signedHead = concatBytes(ROLES[own], new Uint8Array(SEALED_AT));
    this.#head = this.#signedHead.subarray(roleBytes);
    this.#headView = new DataView(this.#signedHead.buffer, roleBytes);
  }

  /** Encodes and seals a message; nothing is a block of spaces. */
  seal(opcode: Opcode, ...content: readonly Uint8Array[]): Uint8Array {
    const plaintext = content.length === 1 ? content[0]! : concatBytes(...content);
    const sealed = this.#suite.encrypt(plaintext.length > 0 ? plaintext : SPACE);
    this.#head[0] = opcode;
    this.#headView.setBigUint64(1, ++this.#sent);
    return encodeFrame(this.#head, sealed, this.#suite.sign(sealed, this.#signedHead));
  }

  /** Opens a frame's body; the reason where it has to be discarded. */
  open(body: Uint8Array): SealedMessage | string {
    const end = body.length - MAC_BYTES;
    if (end < SEALED_AT + DES_BYTES || (end - SEALED_AT) % DES_BYTES !== 0) return "it is malformed";
    if (!this.#suite.verify(body.subarray(0, end), body.subarray(end), this.#peer)) {
      return "its HMAC is wrong";
    }
    const counter = new DataView(body.buffer, body.byteOffset).getBigUint64(1);
    if (counter <= this.#received) return "it is a replay";
    this.#received = counter;
    return { opcode: body[0]!, content: this.#suite.decrypt(body.subarray(SEALED_AT, end)) };
  }
}

const SPACE = encodeUtf8(" ");

/** Which end speaks. */
export type Role = "client" | "server";

const ROLES: Record<Role, Uint8Array> = { client: encodeUtf8("client"), server: encodeUtf8("server") };

/** The public values of a key exchange. */
export interface DhValues {
  /** The server's. */
  readonly server: Uint8Array;
  /** The client's. */
  readonly client: Uint8Array;
}

/** What each end signs to show that it has the keys: its role and both public values. */
export function signKeyProof(suite: Suite, role: Role, values: DhValues): Uint8Array {
  return suite.sign(concatBytes(ROLES[role], values.server, values.client));
}

/** Whether the other end has shown that it has the keys. */
export function verifyKeyProof(
  suite: Suite,
  role: Role,
  values: DhValues,
  proof: Uint8Array,
): boolean {
  return suite.verify(concatBytes(ROLES[role], values.server, values.client), proof);
}
