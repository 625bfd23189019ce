import { parsePem, type PemBlock } from "../bytes/mod.ts";
import { AuthenticationError, DecodeError } from "../errors/mod.ts";
import { type AsymmetricKey, importAsymmetricKey, importAsymmetricPublicKey } from "./asymmetric_key.ts";
import { DerReader } from "./der_reader.ts";
import { constructedContextTag, DerTag } from "./der_tag.ts";
import { derElement, derOid, derSequence } from "./der_writer.ts";
import { openPkcs8 } from "./encrypted_pkcs8.ts";
import { parseJsonWebKey } from "./json_web_key.ts";
import { encodePrivateKeyInfo } from "./private_key_info.ts";

/** The form in which a key was found. */
export type KeyForm = "pkcs8" | "pkcs8-encrypted" | "spki" | "pkcs1" | "sec1" | "jwk";

/** A key that was read from a text. */
export interface KeyText {
  /** The key. */
  key: AsymmetricKey;
  /** The form in which it stood. */
  form: KeyForm;
}

const FORMS: Record<string, KeyForm> = {
  "PRIVATE KEY": "pkcs8",
  "ENCRYPTED PRIVATE KEY": "pkcs8-encrypted",
  "PUBLIC KEY": "spki",
  "RSA PRIVATE KEY": "pkcs1",
  "EC PRIVATE KEY": "sec1",
};
const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";

/**
 * Reads a key in any text form: PEM of PKCS#8 (encrypted or not), of SubjectPublicKeyInfo, of RSA's and EC's own
 * private-key structures (RFC 8017 §A.1.2, RFC 5915), or a JSON Web Key. A text holds one key and nothing else.
 *
 * @param askPassphrase asked only where the key is encrypted
 * @throws {DecodeError} `pem-malformed`, `jwk-malformed`, `key-malformed`, `key-unsupported`,
 * `key-encryption-unsupported`
 * @throws {AuthenticationError} `passphrase-wrong`, and what `askPassphrase` throws
 */
export async function parseKeyText(text: string, askPassphrase: () => Promise<Uint8Array>): Promise<KeyText> {
  if (text.trimStart().startsWith("{")) return { key: await parseJsonWebKey(text), form: "jwk" };
  const { label, bytes } = soleKey(parsePem(text));
  const form = FORMS[label]!;
  if (form === "spki") return { key: await importAsymmetricPublicKey(bytes), form };
  if (form === "pkcs8") return { key: await importAsymmetricKey(bytes), form };
  if (form === "pkcs8-encrypted") {
    return { key: await importOpened(await openPkcs8(bytes, await askPassphrase())), form };
  }
  return { key: await importAsymmetricKey(form === "pkcs1" ? wrapRsa(bytes) : wrapEc(bytes)), form };
}

/** `openssl ecparam -genkey` puts a block of parameters before the key; it repeats what the key says. */
function soleKey(blocks: PemBlock[]): PemBlock {
  const [block, ...more] = blocks.filter(({ label }) => label !== "EC PARAMETERS");
  if (block === undefined || more.length > 0) {
    throw new DecodeError("pem-malformed", `cannot read key: ${blocks.length} PEM blocks where 1 belongs`);
  }
  if (Object.hasOwn(FORMS, block.label)) return block;
  throw new DecodeError("key-malformed", `cannot read key from a PEM block of ${block.label}`, {
    hint: `expected one of ${Object.keys(FORMS).join(", ")}`,
  });
}

async function importOpened(pkcs8: Uint8Array<ArrayBuffer>): Promise<AsymmetricKey> {
  try {
    return await importAsymmetricKey(pkcs8);
  } catch (cause) {
    if (cause instanceof DecodeError && cause.code === "key-unsupported") throw cause;
    // A wrong passphrase passes the padding check once in 256 times and then yields noise.
    throw new AuthenticationError("passphrase-wrong", "cannot open the private key: wrong passphrase");
  }
}

function wrapRsa(rsaPrivateKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const algorithm = derSequence(derOid(RSA_ENCRYPTION), derElement(DerTag.null));
  return encodePrivateKeyInfo(algorithm, rsaPrivateKey);
}

/** ECPrivateKey names its curve within (RFC 5915 §3); PKCS#8 wants the name outside. */
function wrapEc(ecPrivateKey: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    const reader = new DerReader(ecPrivateKey).sequence("EC key");
    reader.smallInteger("version");
    reader.octets("EC key");
    const tagged = reader.enter(constructedContextTag(0), "curve");
    const curve = tagged.element(DerTag.oid, "curve").der;
    return encodePrivateKeyInfo(derSequence(derOid(EC_PUBLIC_KEY), curve), ecPrivateKey);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DecodeError("key-malformed", "cannot decode EC private key", { cause });
  }
}
