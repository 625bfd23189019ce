import { concatBytes } from "../bytes/mod.ts";
import { digest, shake256 } from "./digest.ts";
import {
  type Encapsulation,
  type Kem,
  kemKeyForeign,
  type KemKeyPair,
  KemPrivateKey,
  KemPublicKey,
} from "./kem.ts";
import { createMlKem768 } from "./ml_kem_768.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { assertSize } from "./size.ts";
import { agreeWithSender, X25519PrivateKey, X25519PublicKey } from "./x25519.ts";

const name = "X-Wing";
const Nsk = 32;
// Each of these is ML-KEM-768's part followed by X25519's 32 bytes.
const mlKemPublicBytes = 1_184;
const mlKemEncBytes = 1_088;
const Npk = mlKemPublicBytes + 32;
const Nenc = mlKemEncBytes + 32;

// "\.//^\" (draft-connolly-cfrg-xwing-kem §5.3)
const label = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);

class XWingPublicKey extends KemPublicKey {
  constructor(raw: Uint8Array<ArrayBuffer>, readonly mlKem: KemPublicKey, readonly x25519: X25519PublicKey) {
    super(name, raw);
  }

  /** X25519's part, which the combiner takes. */
  get x25519Raw(): Uint8Array {
    return this.exposeRaw().subarray(mlKemPublicBytes);
  }
}

class XWingPrivateKey extends KemPrivateKey {
  constructor(
    seed: Uint8Array<ArrayBuffer>,
    readonly mlKem: KemPrivateKey,
    readonly x25519: X25519PrivateKey,
  ) {
    super(name, seed);
  }
}

/**
 * X-Wing: X25519 and ML-KEM-768 joined by SHA3-256, secure while either holds
 * (draft-connolly-cfrg-xwing-kem §5; KEM 0x647a). A private key is a seed of 32 bytes.
 *
 * The randomness of an encapsulation's ML-KEM half is the runtime's own; see `createMlKem768`.
 */
export function createXWing(random: RandomSource = systemRandom): Kem {
  const mlKem = createMlKem768(random);

  async function importPrivateKey(raw: Uint8Array): Promise<XWingPrivateKey> {
    assertSize(`${name} private key`, raw, Nsk);
    const { mlKemSeed, x25519 } = expand(raw);
    return new XWingPrivateKey(new Uint8Array(raw), await mlKem.importPrivateKey(mlKemSeed), x25519);
  }

  async function keyPairFromSeed(seed: Uint8Array<ArrayBuffer>): Promise<KemKeyPair> {
    const { mlKemSeed, x25519 } = expand(seed);
    const pq = await mlKem.deriveKeyPair(mlKemSeed);
    const raw = concatBytes(pq.publicKey.exposeRaw(), x25519.publicKey());
    return {
      privateKey: new XWingPrivateKey(seed, pq.privateKey, x25519),
      publicKey: new XWingPublicKey(raw, pq.publicKey, new X25519PublicKey(x25519.publicKey())),
    };
  }

  return {
    name,
    id: 0x647a,
    Nsecret: 32,
    Nenc,
    Npk,
    Nsk,
    generateKeyPair: () => keyPairFromSeed(random(Nsk)),
    deriveKeyPair: (ikm) => keyPairFromSeed(shake256(ikm, Nsk)),
    importPrivateKey,

    async importPublicKey(raw) {
      assertSize(`${name} public key`, raw, Npk);
      const copy = new Uint8Array(raw);
      const x25519 = new X25519PublicKey(copy.subarray(mlKemPublicBytes));
      return new XWingPublicKey(
        copy,
        await mlKem.importPublicKey(copy.subarray(0, mlKemPublicBytes)),
        x25519,
      );
    },

    exportPublicKey: (publicKey) => new Uint8Array(publicKey.exposeRaw()),
    exportPrivateKey: (privateKey) => new Uint8Array(privateKey.exposeRaw()),

    async encapsulate(publicKey) {
      if (!(publicKey instanceof XWingPublicKey)) throw kemKeyForeign(name, publicKey);
      const [pq, classic] = await Promise.all([
        mlKem.encapsulate(publicKey.mlKem),
        agreeWithEphemeral(publicKey.x25519, random),
      ]);
      const { sharedSecret, enc } = classic;
      return {
        sharedSecret: combine(pq.sharedSecret, sharedSecret, enc, publicKey.x25519Raw),
        enc: concatBytes(pq.enc, enc),
      };
    },

    async decapsulate(privateKey, enc) {
      if (!(privateKey instanceof XWingPrivateKey)) throw kemKeyForeign(name, privateKey);
      assertSize(`${name} encapsulation`, enc, Nenc);
      const x25519Enc = enc.subarray(mlKemEncBytes);
      const [pq, classic] = await Promise.all([
        mlKem.decapsulate(privateKey.mlKem, enc.subarray(0, mlKemEncBytes)),
        agree(privateKey.x25519, x25519Enc),
      ]);
      return combine(pq, classic, x25519Enc, privateKey.x25519.publicKey());
    },
  };
}

/** expandDecapsulationKey (§5.2). */
function expand(seed: Uint8Array): { mlKemSeed: Uint8Array; x25519: X25519PrivateKey } {
  const expanded = shake256(seed, 96);
  return { mlKemSeed: expanded.subarray(0, 64), x25519: new X25519PrivateKey(expanded.subarray(64)) };
}

/** Combiner (§5.3). */
function combine(
  mlKemSecret: Uint8Array,
  x25519Secret: Uint8Array,
  x25519Enc: Uint8Array,
  x25519PublicKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return digest("SHA3-256", concatBytes(mlKemSecret, x25519Secret, x25519Enc, x25519PublicKey, label));
}

// These two are async so that they run while ML-KEM does, and so that a failure of either half
// reaches Promise.all and leaves the other half's handled.
// deno-lint-ignore require-await
async function agreeWithEphemeral(publicKey: X25519PublicKey, random: RandomSource): Promise<Encapsulation> {
  const ephemeral = new X25519PrivateKey(random(32));
  return { sharedSecret: ephemeral.agree(publicKey), enc: ephemeral.publicKey() };
}

// deno-lint-ignore require-await
async function agree(privateKey: X25519PrivateKey, enc: Uint8Array): Promise<Uint8Array> {
  return agreeWithSender(privateKey, enc);
}
