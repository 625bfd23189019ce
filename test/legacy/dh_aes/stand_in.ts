import {
  createCipheriv,
  createDecipheriv,
  type DiffieHellman,
  getDiffieHellman,
  hkdfSync,
} from "node:crypto";
import { concatBytes, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { encodeFrame } from "../../../lib/legacy/core/mod.ts";
import { RawPeer } from "../support/raw_peer.ts";

/** A stand-in for either published program, from the wire facts, on cryptography that is not ours. */
export class StandIn implements Disposable {
  readonly raw: RawPeer;
  readonly #dh: DiffieHellman;
  #key = new Uint8Array(0);

  constructor(raw: RawPeer) {
    this.raw = raw;
    this.#dh = getDiffieHellman("modp14") as DiffieHellman;
    this.#dh.generateKeys();
  }

  /** A client after the exchange and its login. */
  static async logIn(port: number, user: string): Promise<StandIn> {
    const client = new StandIn(await RawPeer.connect(port));
    client.agree(await client.raw.frame());
    await client.raw.write(concatBytes(client.publicFrame, client.seal(user)));
    return client;
  }

  get publicFrame(): Uint8Array {
    return encodeFrame(padded(this.#dh.getPublicKey()));
  }

  agree(publicValue: Uint8Array): void {
    const secret = padded(this.#dh.computeSecret(publicValue));
    this.#key = new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), "aes-key-derivation", 32));
  }

  /** A frame. */
  seal(text: string): Uint8Array {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    const ciphertext = concatBytes(cipher.update(encodeUtf8(text)), cipher.final());
    return encodeFrame(iv, ciphertext, cipher.getAuthTag());
  }

  async send(message: object): Promise<void> {
    await this.raw.write(this.seal(JSON.stringify(message)));
  }

  /** The next frame's text. */
  async text(): Promise<string> {
    const body = await this.raw.frame();
    const decipher = createDecipheriv("aes-256-gcm", this.#key, body.subarray(0, 12));
    decipher.setAuthTag(body.subarray(-16));
    const text = concatBytes(decipher.update(body.subarray(12, -16)), decipher.final());
    return new TextDecoder().decode(text);
  }

  async message(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.text());
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]();
  }
}

function padded(value: Uint8Array): Uint8Array {
  return concatBytes(new Uint8Array(256 - value.length), value);
}
