import { concatBytes } from "../bytes/mod.ts";
import { hkdfSha256 } from "./kdf.ts";
import { type Kem, kemKeyForeign, type KemKeyPair, KemPrivateKey, KemPublicKey } from "./kem.ts";
import { createLabeledKdf, kemSuiteId } from "./labeled_kdf.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { assertSize } from "./size.ts";
import { agreeWithSender, X25519PrivateKey, X25519PublicKey } from "./x25519.ts";

const name = "DHKEM(X25519, HKDF-SHA256)";
const id = 0x0020;
const Nsecret = 32;
const empty = new Uint8Array(0);

class DhkemPublicKey extends KemPublicKey {
  constructor(raw: Uint8Array<ArrayBuffer>, readonly x25519: X25519PublicKey = new X25519PublicKey(raw)) {
    super(name, raw);
  }
}

class DhkemPrivateKey extends KemPrivateKey {
  constructor(raw: Uint8Array<ArrayBuffer>, readonly x25519: X25519PrivateKey = new X25519PrivateKey(raw)) {
    super(name, raw);
  }
}

/** DHKEM(X25519, HKDF-SHA256) (RFC 9180 §4.1, §7.1). Keys and encapsulations have 32 bytes. */
export function createDhkemX25519(random: RandomSource = systemRandom): Kem {
  const kdf = createLabeledKdf(hkdfSha256, kemSuiteId(id));

  function keyPair(raw: Uint8Array<ArrayBuffer>): KemKeyPair {
    const privateKey = new DhkemPrivateKey(raw);
    return { privateKey, publicKey: new DhkemPublicKey(privateKey.x25519.publicKey()) };
  }

  // ExtractAndExpand (RFC 9180 §4.1).
  function sharedSecret(dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Uint8Array<ArrayBuffer> {
    const prk = kdf.extract(empty, "eae_prk", dh);
    return kdf.expand(prk, "shared_secret", concatBytes(enc, recipient), Nsecret);
  }

  return {
    name,
    id,
    Nsecret,
    Nenc: 32,
    Npk: 32,
    Nsk: 32,
    generateKeyPair: async () => await keyPair(random(32)),

    // deno-lint-ignore require-await
    deriveKeyPair: async (ikm) => {
      const prk = kdf.extract(empty, "dkp_prk", ikm);
      return keyPair(kdf.expand(prk, "sk", empty, 32));
    },

    importPublicKey: async (raw) => await new DhkemPublicKey(new Uint8Array(raw)),
    importPrivateKey: async (raw) => await new DhkemPrivateKey(new Uint8Array(raw)),
    exportPublicKey: (publicKey) => new Uint8Array(publicKey.exposeRaw()),
    exportPrivateKey: (privateKey) => new Uint8Array(privateKey.exposeRaw()),

    // deno-lint-ignore require-await
    async encapsulate(publicKey) {
      if (!(publicKey instanceof DhkemPublicKey)) throw kemKeyForeign(name, publicKey);
      const ephemeral = new X25519PrivateKey(random(32));
      const dh = ephemeral.agree(publicKey.x25519);
      const enc = new Uint8Array(ephemeral.publicKey());
      return { sharedSecret: sharedSecret(dh, enc, publicKey.exposeRaw()), enc };
    },

    // deno-lint-ignore require-await
    async decapsulate(privateKey, enc) {
      if (!(privateKey instanceof DhkemPrivateKey)) throw kemKeyForeign(name, privateKey);
      assertSize(`${name} encapsulation`, enc, 32);
      const dh = agreeWithSender(privateKey.x25519, enc);
      return sharedSecret(dh, enc, privateKey.x25519.publicKey());
    },
  };
}
