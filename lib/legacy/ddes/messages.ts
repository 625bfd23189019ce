import { concatBytes } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { type DhKeyPair, encodeFrame, KeyConfirmation, type Role, SealedChannel } from "../core/mod.ts";
import { MAC_BYTES, Suite } from "./suite.ts";

/**
 * The five opcodes. A client's content is the token and a text; the server's a text, or with opcode 20 the token.
 * Nothing is a block of spaces.
 */
export const Opcode = {
  keyVerification: 10,
  sessionToken: 20,
  data: 30,
  aggregate: 40,
  disconnect: 50,
} as const;

/** One of the five. */
export type Opcode = typeof Opcode[keyof typeof Opcode];

/** The largest body of a frame. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Length in bytes of a session token. */
export const TOKEN_BYTES = 8;

/** The other end's public value is here: both can have the keys, and have to show it. */
export class AwaitingProof {
  /** The frame that shows that this end has the keys. */
  readonly proof: Uint8Array;
  readonly #suite: Suite;
  readonly #own: Role;
  readonly #confirmation: KeyConfirmation;

  /**
   * Takes the body with the other end's public value.
   *
   * @throws {DecodeError} `message-malformed`
   * @throws {ProtocolError} `dh-value-refused`
   */
  constructor(keys: DhKeyPair, own: Role, body: Uint8Array) {
    const peer = decodeKeyStep(body, keys.group.bytes);
    const values = own === "server" ? [keys.publicValue, peer] : [peer, keys.publicValue];
    this.#suite = new Suite(keys.computeSecret(peer));
    this.#own = own;
    this.#confirmation = new KeyConfirmation(this.#suite.mac, own, concatBytes(...values));
    this.proof = encodeKeyStep(this.#confirmation.prove());
  }

  /**
   * Takes the body with the other end's proof.
   *
   * @throws {AuthenticationError} `key-proof-wrong`
   * @throws {DecodeError} `message-malformed`
   */
  receive(body: Uint8Array): SealedChannel {
    this.#confirmation.verify(decodeKeyStep(body, MAC_BYTES));
    return new SealedChannel(this.#suite, this.#own);
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
