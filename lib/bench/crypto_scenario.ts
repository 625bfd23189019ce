import {
  type Aead,
  aes128Gcm,
  aes256Gcm,
  chacha20Poly1305,
  createDhkemX25519,
  createHpke,
  createMlKem768,
  createXWing,
  deriveKeyFromPassword,
  digest,
  hkdf,
  hkdfSha512,
  type Kem,
  signHmac,
  systemRandom,
} from "../crypto/mod.ts";
import { generateKeyPair, type KeyAlgorithm, signMessage, verifyMessage } from "../pki/mod.ts";
import { formatSize } from "./measurement.ts";
import { measureRate } from "./measure_rate.ts";
import { runProfileCrypto } from "./profile_crypto.ts";
import type { Recorder, ScenarioSettings } from "./scenario.ts";

const AEADS: readonly Aead[] = [aes128Gcm, aes256Gcm, chacha20Poly1305];
const HASHES = ["SHA-256", "SHA-512", "SHA3-256"] as const;
const SIGNATURES: readonly KeyAlgorithm[] = ["ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072"];
/** What files are cut into; large enough for the throughput of the cipher to show. */
const CHUNK_BYTES = 64 * 1024;

/** `crypto`: every primitive and suite, and those of the classic systems. */
export async function runCryptoScenario(settings: ScenarioSettings, record: Recorder): Promise<void> {
  const bench = new CryptoBench(settings, record);
  await bench.hashes();
  for (const aead of AEADS) await bench.aead(aead);
  for (const algorithm of SIGNATURES) await bench.signature(algorithm);
  const x25519 = createDhkemX25519(systemRandom), xWing = createXWing(systemRandom);
  for (const kem of [x25519, createMlKem768(systemRandom), xWing]) await bench.kem(kem);
  await bench.hpke("HPKE X25519, HKDF-SHA512, AES-256-GCM", x25519);
  await bench.hpke("HPKE X-Wing, HKDF-SHA512, AES-256-GCM", xWing);
  await bench.password();
  await runProfileCrypto(settings, record);
}

class CryptoBench {
  readonly #settings: ScenarioSettings;
  readonly #record: Recorder;
  readonly #message: Uint8Array<ArrayBuffer>;

  constructor(settings: ScenarioSettings, record: Recorder) {
    this.#settings = settings;
    this.#record = record;
    this.#message = systemRandom(settings.sizeBytes);
  }

  async hashes(): Promise<void> {
    const key = systemRandom(32);
    for (const hash of HASHES) await this.#bulk(hash, this.#message, () => digest(hash, this.#message));
    await this.#bulk("HMAC-SHA-256", this.#message, () => signHmac("SHA-256", key, this.#message));
    const options = { ikm: key, salt: key, info: new Uint8Array(16), length: 32 };
    await this.#rate("HKDF-SHA-512, 32 bytes", () => hkdf("SHA-512", options));
  }

  async aead(aead: Aead): Promise<void> {
    const key = aead.importKey(systemRandom(aead.Nk));
    // One nonce for everything: nothing of this is ever sent.
    const nonce = systemRandom(aead.Nn), aad = new Uint8Array(16);
    for (const plaintext of [this.#message, systemRandom(CHUNK_BYTES)]) {
      const ciphertext = await aead.seal(key, { nonce, plaintext, aad });
      const grown = `${ciphertext.length - plaintext.length} bytes longer on the wire`;
      await this.#bulk(
        `${aead.name} seal`,
        plaintext,
        () => aead.seal(key, { nonce, plaintext, aad }),
        grown,
      );
      await this.#bulk(`${aead.name} open`, plaintext, () => aead.open(key, { nonce, ciphertext, aad }));
    }
  }

  async signature(algorithm: KeyAlgorithm): Promise<void> {
    const { privateKey, spki } = await generateKeyPair(algorithm);
    const signature = await signMessage(this.#message, privateKey);
    const sizes = `signature ${signature.length} bytes, public key ${spki.length}`;
    // One RSA key takes a second or none, by luck.
    if (!algorithm.startsWith("rsa")) {
      await this.#rate(`${algorithm} key generation`, () => generateKeyPair(algorithm));
    }
    await this.#rate(`${algorithm} sign`, () => signMessage(this.#message, privateKey), sizes);
    await this.#rate(`${algorithm} verify`, () => verifyMessage(this.#message, signature, spki));
  }

  async kem(kem: Kem): Promise<void> {
    const { publicKey, privateKey } = await kem.generateKeyPair();
    const { enc } = await kem.encapsulate(publicKey);
    const sizes = `public key ${kem.Npk} bytes, encapsulation ${kem.Nenc}`;
    await this.#rate(`${kem.name} key generation`, () => kem.generateKeyPair(), sizes);
    await this.#rate(`${kem.name} encapsulate`, () => kem.encapsulate(publicKey));
    await this.#rate(`${kem.name} decapsulate`, () => kem.decapsulate(privateKey, enc));
  }

  async hpke(name: string, kem: Kem): Promise<void> {
    const hpke = createHpke({ kem, kdf: hkdfSha512, aead: aes256Gcm });
    const { publicKey, privateKey } = await kem.generateKeyPair();
    const info = new Uint8Array(16), aad = info, plaintext = this.#message;
    const { enc, ciphertext } = await hpke.seal(publicKey, { info, aad, plaintext });
    const grown = `${enc.length + ciphertext.length - plaintext.length} bytes longer on the wire`;
    await this.#bulk(
      `${name} seal`,
      plaintext,
      () => hpke.seal(publicKey, { info, aad, plaintext }),
      grown,
    );
    await this.#bulk(`${name} open`, plaintext, () => hpke.open(privateKey, { enc, info, aad, ciphertext }));
  }

  async password(): Promise<void> {
    const password = systemRandom(16), salt = systemRandom(16);
    await this.#rate("Argon2id, 64 MiB", () => deriveKeyFromPassword(password, salt));
  }

  async #bulk(name: string, input: Uint8Array, operation: () => unknown, note?: string): Promise<void> {
    const title = `${name}, ${formatSize(input.length)}`;
    await this.#measure(title, operation, {
      bytesPerOperation: input.length,
      ...(note !== undefined && { note }),
    });
  }

  async #rate(name: string, operation: () => unknown, note?: string): Promise<void> {
    await this.#measure(name, operation, note === undefined ? {} : { note });
  }

  async #measure(name: string, operation: () => unknown, more: Parameters<Recorder>[3]): Promise<void> {
    this.#settings.onProgress(name);
    this.#record(name, "ops/s", await measureRate(operation, this.#settings), more);
  }
}
