import { decodeUtf8 } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { dhGroup14, DhKeyPair, encodeFrame } from "../core/mod.ts";
import { parseUserName } from "./messages.ts";
import { Suite } from "./suite.ts";

/** An end that has drawn its key pair and waits for the other's public value. Both begin like this. */
export class AwaitingPublicValue {
  readonly #keys: DhKeyPair;
  readonly #random: RandomSource;

  /** Takes this end's key pair of the session. */
  constructor(keys: DhKeyPair, random: RandomSource) {
    this.#keys = keys;
    this.#random = random;
  }

  /** Draws a key pair in group 14. */
  static begin(random: RandomSource): AwaitingPublicValue {
    return new AwaitingPublicValue(DhKeyPair.generate(dhGroup14(), random), random);
  }

  /** The frame with this end's public value. */
  get frame(): Uint8Array {
    return encodeFrame(this.#keys.publicValue);
  }

  /**
   * Takes the body of the other end's frame.
   *
   * @throws {DecodeError} `dh-value-malformed`
   * @throws {ProtocolError} `dh-value-refused`
   */
  receive(body: Uint8Array): AwaitingUserName {
    const { bytes } = this.#keys.group;
    if (body.length !== bytes) {
      throw new DecodeError("dh-value-malformed", `a Diffie-Hellman value has ${bytes} bytes`);
    }
    return new AwaitingUserName(new Suite(this.#keys.computeSecret(body), this.#random));
  }
}

/** The keys are agreed; the client's name comes next. */
export class AwaitingUserName {
  /** The cipher of the session. */
  readonly suite: Suite;

  /** Is made by the state before. */
  constructor(suite: Suite) {
    this.suite = suite;
  }

  /**
   * Takes the body of the client's frame; returns the name.
   *
   * @throws {AuthenticationError} `decryption-failed`
   * @throws {DecodeError} `utf8-malformed`, `user-name-malformed`
   */
  receive(body: Uint8Array): string {
    return parseUserName(decodeUtf8(this.suite.open(body)));
  }
}
