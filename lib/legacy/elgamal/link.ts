import type { RandomSource } from "../../crypto/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";
import { assertDhPublicValue, type Dialect, ExponentKey } from "../core/mod.ts";
import type { SignedValue } from "./messages.ts";
import { type Parameters, parametersOf, type Spelling } from "./parameters.ts";
import { signValue, verifyValue } from "./signature.ts";
import { Suite } from "./suite.ts";

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
  agree(peerValue: bigint): Suite {
    return new Suite(this.#dialect, this.#exchange.computeSecret(peerValue), this.#random);
  }
}

/** The exchange with one other client: nothing has come of it; its ElGamal key has; its value has, too. */
export type Link =
  | { readonly state: "awaiting-signing-key" }
  | { readonly state: "awaiting-value"; readonly signingKey: bigint }
  /** A value that is sent again replaces the suite. */
  | { readonly state: "keyed"; readonly signingKey: bigint; readonly suite: Suite };

/** A link whose ElGamal key is here. */
type SignedLink = Exclude<Link, { state: "awaiting-signing-key" }>;

/**
 * Takes the other's ElGamal key, in any state: it starts anew.
 *
 * @throws {ProtocolError} `dh-value-refused`
 */
export function takeSigningKey(own: OwnKeys, signingKey: bigint): Link {
  assertDhPublicValue(own.parameters.signing, signingKey);
  return { state: "awaiting-value", signingKey };
}

/**
 * Takes the other's signed value; the keys are agreed then.
 *
 * @throws {AuthenticationError} `signature-wrong`
 * @throws {ProtocolError} `dh-value-refused`
 */
export function takeValue(
  { signingKey }: SignedLink,
  own: OwnKeys,
  { value, ...signature }: SignedValue,
): Link {
  if (!verifyValue(own.parameters.signing, signingKey, value, signature)) {
    throw new AuthenticationError("signature-wrong", "the signature of the other client is wrong", {
      hint: "somebody may sit in between; it may be speaking another dialect, too",
    });
  }
  return { state: "keyed", signingKey, suite: own.agree(value) };
}
