import * as v from "valibot";
import { decodeBase64, encodeBase64, encodeUtf8 } from "../bytes/mod.ts";
import { aes256Gcm, deriveKeyFromPassword, type RandomSource, SecretBytes } from "../crypto/mod.ts";
import { AuthenticationError, StorageError } from "../errors/mod.ts";

/** How a passphrase is asked for; called only where one is needed. */
export type PassphraseSource = () => Promise<Uint8Array>;

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const COST = { memoryKiB: 65_536, passes: 3, parallelism: 1 } as const;
const WRAP_LABEL = encodeUtf8("parley storage key v1");

const base64Schema = v.pipe(v.string(), v.maxLength(200));
const schema = v.variant("protection", [
  v.strictObject({ version: v.literal(1), protection: v.literal("none"), key: base64Schema }),
  v.strictObject({
    version: v.literal(1),
    protection: v.literal("argon2id"),
    salt: base64Schema,
    memoryKiB: v.number(),
    passes: v.number(),
    parallelism: v.number(),
    nonce: base64Schema,
    wrapped: base64Schema,
  }),
]);

/** Makes a storage key. */
export function generateStorageKey(random: RandomSource): SecretBytes {
  return new SecretBytes(random(KEY_BYTES));
}

/**
 * Formats a storage key for its file: as it is, or wrapped (AES-256-GCM) under a key that Argon2id
 * (RFC 9106) derives from a passphrase.
 */
export async function formatStorageKey(
  key: SecretBytes,
  passphrase: Uint8Array | undefined,
  random: RandomSource,
): Promise<string> {
  if (passphrase === undefined) {
    return toJson({ version: 1, protection: "none", key: encodeBase64(key.expose()) });
  }
  const salt = random(SALT_BYTES);
  const nonce = random(aes256Gcm.Nn);
  const wrapping = aes256Gcm.importKey(await deriveKeyFromPassword(passphrase, salt, COST));
  const wrapped = aes256Gcm.sealSync(wrapping, { nonce, plaintext: key.expose(), aad: WRAP_LABEL });
  return toJson({
    version: 1,
    protection: "argon2id",
    salt: encodeBase64(salt),
    ...COST,
    nonce: encodeBase64(nonce),
    wrapped: encodeBase64(wrapped),
  });
}

/**
 * Reads a storage key from its file's text.
 *
 * @throws {StorageError} `identity-damaged`
 * @throws {AuthenticationError} `passphrase-wrong`
 */
export async function parseStorageKey(text: string, passphrase: PassphraseSource): Promise<SecretBytes> {
  const file = parse(text);
  if (file.protection === "none") return new SecretBytes(decodeBase64(file.key));
  const { salt, memoryKiB, passes, parallelism, nonce, wrapped } = file;
  const key = await deriveKeyFromPassword(await passphrase(), decodeBase64(salt), {
    memoryKiB,
    passes,
    parallelism,
  });
  try {
    return new SecretBytes(aes256Gcm.openSync(aes256Gcm.importKey(key), {
      nonce: decodeBase64(nonce),
      ciphertext: decodeBase64(wrapped),
      aad: WRAP_LABEL,
    }));
  } catch (cause) {
    throw new AuthenticationError("passphrase-wrong", "cannot open the identity: wrong passphrase", {
      cause,
    });
  }
}

function parse(text: string): v.InferOutput<typeof schema> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    throw new StorageError("identity-damaged", "the identity's storage key cannot be read", { cause });
  }
}

function toJson(value: v.InferOutput<typeof schema>): string {
  return JSON.stringify(value, null, 2) + "\n";
}
