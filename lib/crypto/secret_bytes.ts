import { InternalError } from "../errors/mod.ts";

const REDACTED = "[secret]";

/**
 * Holds secret bytes so that they reach no log by accident: `toString`, `JSON.stringify`,
 * `Deno.inspect` and `node:util` inspect all show `[secret]`.
 *
 * It takes ownership of the array it is given: {@link SecretBytes.wipe} overwrites that array. The
 * runtime may still hold copies that it made itself (garbage collector, buffers of native code).
 */
export class SecretBytes {
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /** Takes ownership of `bytes`. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /**
   * Returns the secret itself, not a copy.
   *
   * @throws {InternalError} after {@link SecretBytes.wipe}
   */
  expose(): Uint8Array<ArrayBuffer> {
    if (this.#bytes === undefined) throw new InternalError("secret was used after it was wiped");
    return this.#bytes;
  }

  /** Overwrites the secret with zeros and forgets it. Wiping twice is allowed. */
  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  /** Returns `[secret]`. */
  toString(): string {
    return REDACTED;
  }

  /** Returns `[secret]`. */
  toJSON(): string {
    return REDACTED;
  }

  /** Returns `[secret]` to `Deno.inspect` and `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return REDACTED;
  }

  /** Returns `[secret]` to `node:util` inspect. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
