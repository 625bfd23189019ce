import type { CiphersuiteImpl, CiphersuiteName, CryptoProvider } from "ts-mls";
import {
  type Aead,
  aes128Gcm,
  aes256Gcm,
  createDhkemX25519,
  createHpke,
  createXWing,
  digest,
  hkdfSha256,
  hkdfSha512,
  type Kdf,
  type Kem,
  type MacHashName,
  type RandomSource,
  signHmac,
  systemRandom,
  verifyHmac,
} from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { createProviderHpke, type ProviderHpke } from "./provider_hpke.ts";
import { createProviderSignature } from "./provider_signature.ts";

/** The suite of new groups: post-quantum hybrid key agreement. */
export const defaultSuite = "MLS_256_XWING_AES256GCM_SHA512_Ed25519";

/** The suite of RFC 9420 that every implementation has, for peers that lack {@link defaultSuite}. */
export const interoperableSuite = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";

/** A suite that {@link createProvider} implements. */
export type SupportedSuite = typeof defaultSuite | typeof interoperableSuite;

interface SuiteParts {
  createKem: (random: RandomSource) => Kem;
  kdf: Kdf;
  aead: Aead;
  hash: MacHashName;
}

const suites: Readonly<Record<SupportedSuite, SuiteParts>> = {
  [defaultSuite]: { createKem: createXWing, kdf: hkdfSha512, aead: aes256Gcm, hash: "SHA-512" },
  [interoperableSuite]: { createKem: createDhkemX25519, kdf: hkdfSha256, aead: aes128Gcm, hash: "SHA-256" },
};

/** The provider on the system's random source. */
export const webCryptoProvider: CryptoProvider = createProvider();

/**
 * Makes a `CryptoProvider` of ts-mls on WebCrypto and `node:crypto`. It interoperates with ts-mls'
 * own: same formats, except that a generated Ed25519 private key is its 32-byte seed (ts-mls makes
 * PKCS#8; both take both).
 *
 * `getCiphersuiteImpl` rejects with {@link UsageError} `mls-suite-unsupported` for a suite that is no
 * {@link SupportedSuite}.
 */
export function createProvider(random: RandomSource = systemRandom): CryptoProvider {
  return {
    // deno-lint-ignore require-await
    async getCiphersuiteImpl({ name }) {
      if (!isSupportedSuite(name)) {
        throw new UsageError("mls-suite-unsupported", `MLS suite is not supported: ${name}`);
      }
      return createSuite(name, random);
    },
  };
}

/** Tells whether {@link createProvider} implements a suite. */
export function isSupportedSuite(name: CiphersuiteName): name is SupportedSuite {
  return Object.hasOwn(suites, name);
}

/** The KDF of a suite, whose calls do not have to be awaited. */
export function kdfOf(name: CiphersuiteName): Kdf {
  if (isSupportedSuite(name)) return suites[name].kdf;
  throw new UsageError("mls-suite-unsupported", `MLS suite is not supported: ${name}`);
}

/** A suite of ts-mls with our HPKE. */
export interface MlsSuite extends CiphersuiteImpl {
  /** @ignore For this room only. */
  hpke: ProviderHpke;
}

/** Makes the primitives of a suite. */
export function createSuite(name: SupportedSuite, random: RandomSource): MlsSuite {
  const { createKem, kdf, aead, hash } = suites[name];
  return {
    name,
    hpke: createProviderHpke(createHpke({ kem: createKem(random), kdf, aead })),
    signature: createProviderSignature(random),
    rng: { randomBytes: random },
    // ts-mls wants promises; the work behind them is synchronous and takes microseconds.
    kdf: {
      size: kdf.Nh,
      extract: async (salt, ikm) => await kdf.extract(salt, ikm),
      expand: async (prk, info, length) => await kdf.expand(prk, info, length),
    },
    hash: {
      digest: async (data) => await digest(hash, data),
      mac: async (key, data) => await signHmac(hash, key, data),
      verifyMac: async (key, mac, data) => await verifyHmac(hash, key, data, mac),
    },
  };
}
