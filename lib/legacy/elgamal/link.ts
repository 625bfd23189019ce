import type { RandomSource } from "../../crypto/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";
import { assertDhPublicValue, type Dialect } from "../core/mod.ts";
import { ExponentKey } from "./exponent_key.ts";
import type { SignedValue } from "./messages.ts";
import { type Parameters, parametersOf, type Spelling } from "./parameters.ts";
import { signValue, verifyValue } from "./signature.ts";
import { deriveSuite, type Suite } from "./suite.ts";

/** This client's own keys in a session. */
export class OwnKeys {
  /** How its values travel, which in the original dialect decides about the groups. */
  readonly spelling: Spelling;
  /** The groups. */
  readonly parameters: Parameters;
  readonly #dialect: Dialect;
  readonly #signing: ExponentKey;
  readonly #exchange: ExponentKey;
  readonly #random: RandomSource;

  /** Draws both keys. */
  constructor(dialect: Dialect, spelling: Spelling, random: RandomSource) {
    this.spelling = spelling;
    this.parameters = parametersOf(dialect, spelling);
    this.#dialect = dialect;
    this.#signing = ExponentKey.generate(this.parameters.signing, random);
    this.#exchange = ExponentKey.generate(this.parameters.exchange, random);
    this.#random = random;
  }

  /** The ElGamal public key. */
  get signingKey(): bigint {
    return this.#signing.publicValue;
  }

  /** The Diffie-Hellman value with a signature of its own each time. */
  signedValue(): SignedValue {
    const value = this.#exchange.publicValue;
    return { value, ...signValue(this.#signing, value, this.#random) };
  }

  /** The suite that is shared with the owner of a value. */
  agree(peerValue: bigint): Promise<Suite> {
    return deriveSuite(this.#dialect, this.#exchange.computeSecret(peerValue), this.#random);
  }
}

/** Nothing has come of the other client yet. */
export class AwaitingSigningKey {
  /** Which state this is. */
  readonly state = "awaiting-signing-key";

  /**
   * Takes the other's ElGamal key.
   *
   * @throws {ProtocolError} `dh-value-refused`
   */
  receive(own: OwnKeys, signingKey: bigint): AwaitingValue {
    assertDhPublicValue(own.parameters.signing, signingKey);
    return new AwaitingValue(signingKey);
  }
}

/** The other's ElGamal key is here; its Diffie-Hellman value is awaited. */
export class AwaitingValue {
  /** Which state this is. */
  readonly state = "awaiting-value";
  /** The other's ElGamal key. */
  readonly signingKey: bigint;

  /** Is made by the state before. */
  constructor(signingKey: bigint) {
    this.signingKey = signingKey;
  }

  /**
   * Takes the other's signed value; returns the link with its keys.
   *
   * @throws {AuthenticationError} `signature-wrong`
   * @throws {ProtocolError} `dh-value-refused`
   */
  async receive(own: OwnKeys, { value, s1, s2 }: SignedValue): Promise<Keyed> {
    if (!verifyValue(own.parameters.signing, this.signingKey, value, { s1, s2 })) {
      throw new AuthenticationError("signature-wrong", "the signature of the other client is wrong", {
        hint: "somebody may sit in between; it may be speaking another dialect, too",
      });
    }
    return new Keyed(this, await own.agree(value));
  }
}

/** The keys are agreed. A value that is sent again replaces them. */
export class Keyed {
  /** Which state this is. */
  readonly state = "keyed";
  /** Takes the next value, should the other send one. */
  readonly exchange: AwaitingValue;
  /** Seals and opens the messages. */
  readonly suite: Suite;

  /** Is made by the state before. */
  constructor(exchange: AwaitingValue, suite: Suite) {
    this.exchange = exchange;
    this.suite = suite;
  }
}

/** The exchange with one other client. */
export type Link = AwaitingSigningKey | AwaitingValue | Keyed;
