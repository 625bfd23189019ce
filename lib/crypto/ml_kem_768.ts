import { DecodeError } from "../errors/mod.ts";
import { decryptionFailed } from "./decryption_failed.ts";
import { type Kem, kemKeyForeign, type KemKeyPair, KemPrivateKey, KemPublicKey } from "./kem.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { assertSize } from "./size.ts";
import { subtle, toBufferSource } from "./subtle.ts";

const name = "ML-KEM-768";
const Nenc = 1_088;
const Npk = 1_184;
const Nsk = 64;

class MlKemPublicKey extends KemPublicKey {
  constructor(raw: Uint8Array<ArrayBuffer>, readonly cryptoKey: CryptoKey) {
    super(name, raw);
  }
}

class MlKemPrivateKey extends KemPrivateKey {
  constructor(seed: Uint8Array<ArrayBuffer>, readonly cryptoKey: CryptoKey) {
    super(name, seed);
  }
}

/**
 * ML-KEM-768 (FIPS 203; 0x0041 in draft-ietf-hpke-pq) on WebCrypto. A private key is the seed d | z
 * of 64 bytes and `deriveKeyPair` takes nothing else (FIPS 203 §6.1, KeyGen_internal). The randomness
 * of an encapsulation is the runtime's own: WebCrypto lets nobody choose it.
 */
export function createMlKem768(random: RandomSource = systemRandom): Kem {
  async function importPrivateKey(raw: Uint8Array): Promise<MlKemPrivateKey> {
    assertSize(`${name} private key`, raw, Nsk);
    const seed = new Uint8Array(raw);
    return new MlKemPrivateKey(
      seed,
      await subtle.importKey("raw-seed", seed, name, true, ["decapsulateBits"]),
    );
  }

  async function deriveKeyPair(seed: Uint8Array): Promise<KemKeyPair> {
    const privateKey = await importPrivateKey(seed);
    const cryptoKey = await subtle.getPublicKey(privateKey.cryptoKey, ["encapsulateBits"]);
    const raw = new Uint8Array(await subtle.exportKey("raw-public", cryptoKey));
    return { privateKey, publicKey: new MlKemPublicKey(raw, cryptoKey) };
  }

  return {
    name,
    id: 0x0041,
    Nsecret: 32,
    Nenc,
    Npk,
    Nsk,
    generateKeyPair: () => deriveKeyPair(random(Nsk)),
    deriveKeyPair,
    importPrivateKey,

    async importPublicKey(raw) {
      assertSize(`${name} public key`, raw, Npk);
      const copy = new Uint8Array(raw);
      return new MlKemPublicKey(
        copy,
        await subtle.importKey("raw-public", copy, name, true, ["encapsulateBits"]),
      );
    },

    exportPublicKey: (publicKey) => new Uint8Array(publicKey.exposeRaw()),
    exportPrivateKey: (privateKey) => new Uint8Array(privateKey.exposeRaw()),

    async encapsulate(publicKey) {
      if (!(publicKey instanceof MlKemPublicKey)) throw kemKeyForeign(name, publicKey);
      const { sharedKey, ciphertext } = await encapsulateChecked(publicKey.cryptoKey);
      return { sharedSecret: new Uint8Array(sharedKey), enc: new Uint8Array(ciphertext) };
    },

    async decapsulate(privateKey, enc) {
      if (!(privateKey instanceof MlKemPrivateKey)) throw kemKeyForeign(name, privateKey);
      assertSize(`${name} encapsulation`, enc, Nenc);
      return await decapsulateOrFail(privateKey.cryptoKey, enc);
    },
  };
}

/** The runtime checks the modulus (FIPS 203 §7.2) here and not at import. */
async function encapsulateChecked(
  key: CryptoKey,
): Promise<{ ciphertext: ArrayBuffer; sharedKey: ArrayBuffer }> {
  try {
    return await subtle.encapsulateBits(name, key);
  } catch (cause) {
    const message = `${name} public key: expected coefficients below the modulus`;
    throw new DecodeError("ml-kem-public-key-invalid", message, { cause });
  }
}

async function decapsulateOrFail(key: CryptoKey, enc: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await subtle.decapsulateBits(name, key, toBufferSource(enc)));
  } catch {
    throw decryptionFailed();
  }
}
