import type { KeyObject } from "node:crypto";
import type { RandomSource } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import { decryptOaep, encryptOaep } from "../core/mod.ts";
import { encodeKeyPart, type KeyPart } from "./messages.ts";
import { combineParts, PART_BYTES, SessionCipher } from "./suite.ts";

/** Who takes part, seen from one of them. */
export interface Group {
  /** The own id. */
  readonly id: string;
  /** The own private key. */
  readonly privateKey: KeyObject;
  /** The public keys of the others. */
  readonly peers: ReadonlyMap<string, KeyObject>;
}

/** The server has started the exchange; the parts of the others are awaited. */
export class KeyExchange {
  readonly #group: Group;
  readonly #parts: Map<string, Uint8Array>;
  /** The own part for each of the others, one write each. */
  readonly outgoing: readonly Uint8Array[];

  /** Draws the own part. */
  constructor(group: Group, random: RandomSource) {
    const own = random(PART_BYTES);
    this.#group = group;
    this.#parts = new Map([[group.id, own]]);
    this.outgoing = [...group.peers].map(([peer, key]) =>
      encodeKeyPart(group.id, peer, encryptOaep(key, own))
    );
  }

  /**
   * Takes a part; returns the messages' cipher when it was the last. Parts for others, and a second one from the
   * same client, change nothing.
   *
   * @throws {ProtocolError} `key-part-tampered`
   * @throws {AuthenticationError} `decryption-failed`
   */
  receive({ from, to, ciphertext, intact }: KeyPart): SessionCipher | undefined {
    const { id, peers, privateKey } = this.#group;
    if (to !== id || !peers.has(from) || this.#parts.has(from)) return undefined;
    const part = intact ? decryptOaep(privateKey, ciphertext) : undefined;
    if (part?.length !== PART_BYTES) {
      throw new ProtocolError("key-part-tampered", `the key part from ${from} has been altered`);
    }
    this.#parts.set(from, part);
    return this.#parts.size === peers.size + 1 ? new SessionCipher(combineParts(this.#parts)) : undefined;
  }
}
