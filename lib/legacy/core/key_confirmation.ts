import { encodeUtf8 } from "../../bytes/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";
import type { HmacKey } from "./hmac_key.ts";
import { otherThan, type Role } from "./sealed_channel.ts";

/** Shows both ends of a key exchange that the other has the keys: an HMAC over the sender's role and a transcript. */
export class KeyConfirmation {
  readonly #mac: HmacKey;
  readonly #own: Role;
  readonly #transcript: Uint8Array;

  /** Takes what both have to agree on. */
  constructor(mac: HmacKey, own: Role, transcript: Uint8Array) {
    this.#mac = mac;
    this.#own = own;
    this.#transcript = transcript;
  }

  /** What shows that this end has the keys, 32 bytes. */
  prove(): Uint8Array<ArrayBuffer> {
    return this.#mac.sign(this.#transcript, encodeUtf8(this.#own));
  }

  /**
   * Checks what shows that the other end does.
   *
   * @throws {AuthenticationError} `key-proof-wrong`
   */
  verify(proof: Uint8Array): void {
    const peer = otherThan(this.#own);
    if (this.#mac.verify(this.#transcript, proof, encodeUtf8(peer))) return;
    throw new AuthenticationError("key-proof-wrong", `the ${peer} does not have the keys`);
  }
}
