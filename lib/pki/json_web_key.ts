import { DecodeError, UsageError } from "../errors/mod.ts";
import { type AsymmetricKey, importAsymmetricKey, importAsymmetricPublicKey } from "./asymmetric_key.ts";
import { keyUsages, webCryptoAlgorithm } from "./key_pair.ts";
import type { KeyType } from "./public_key_info.ts";

/** The members that say what the key is, and none of those that say what a program may do with it. */
const MEMBERS = [
  "kty",
  "crv",
  "alg",
  "n",
  "e",
  "x",
  "y",
  "pub",
  "d",
  "p",
  "q",
  "dp",
  "dq",
  "qi",
  "priv",
] as const;
const WITHOUT_JWK: readonly KeyType[] = ["x-wing", "dh", "elgamal"];
const MAX_JWK_CHARACTERS = 64 * 1024;

/**
 * Formats a key as JSON Web Key: RFC 7518 §6 for EC and RSA, RFC 8037 for Ed25519 and X25519, and `AKP` for
 * ML-DSA and ML-KEM, as the runtime and the drafts of IETF's JOSE group have it. Where the key has a private half
 * that is written too.
 *
 * @throws {UsageError} `jwk-unsupported` for kinds that no document describes
 */
export async function formatJsonWebKey({ type, spki, pkcs8 }: AsymmetricKey): Promise<string> {
  if (WITHOUT_JWK.includes(type)) {
    throw new UsageError("jwk-unsupported", `there is no JSON Web Key of ${type}`, {
      hint: "use --format pem",
    });
  }
  const half = pkcs8 === undefined ? "public" : "private";
  const key = await crypto.subtle.importKey(
    half === "private" ? "pkcs8" : "spki",
    pkcs8 ?? spki,
    webCryptoAlgorithm(type),
    true,
    keyUsages(type, half),
  );
  const jwk: Record<string, unknown> = { ...await crypto.subtle.exportKey("jwk", key) };
  // The runtime says RS256 or ES256 of a key that it was told to use so; only in AKP it belongs to the key.
  if (jwk.kty !== "AKP") delete jwk.alg;
  const members = MEMBERS.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]);
  return JSON.stringify(Object.fromEntries(members)) + "\n";
}

/**
 * Parses a JSON Web Key, private or public. What it says about use and operations is not looked at.
 *
 * @throws {DecodeError} `jwk-malformed`, `key-unsupported`
 */
export async function parseJsonWebKey(text: string): Promise<AsymmetricKey> {
  const jwk = parseObject(text);
  const type = readType(jwk);
  const half = jwk.d === undefined && jwk.priv === undefined ? "public" : "private";
  const known = Object.fromEntries(
    MEMBERS.filter((name) => typeof jwk[name] === "string").map((name) => [name, jwk[name]]),
  );
  if (jwk.kty !== "AKP") delete known.alg;
  try {
    const key = await crypto.subtle.importKey(
      "jwk",
      known,
      webCryptoAlgorithm(type),
      true,
      keyUsages(type, half),
    );
    const der = new Uint8Array(await crypto.subtle.exportKey(half === "private" ? "pkcs8" : "spki", key));
    return half === "private" ? await importAsymmetricKey(der) : await importAsymmetricPublicKey(der);
  } catch {
    // The runtime's words may hold what the key holds.
    throw malformed(`not a key of ${type}`);
  }
}

function parseObject(text: string): Record<string, unknown> {
  if (text.length > MAX_JWK_CHARACTERS) throw malformed(`longer than ${MAX_JWK_CHARACTERS} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed("not a JSON object");
  }
  return value as Record<string, unknown>;
}

const TYPES: Record<string, KeyType> = {
  "OKP Ed25519": "ed25519",
  "OKP X25519": "x25519",
  "EC P-256": "ecdsa-p256",
  "EC P-384": "ecdsa-p384",
  "RSA": "rsa",
  "AKP ML-DSA-65": "ml-dsa-65",
  "AKP ML-KEM-768": "ml-kem-768",
};

function readType({ kty, crv, alg }: Record<string, unknown>): KeyType {
  const detail = kty === "AKP" ? alg : kty === "RSA" ? undefined : crv;
  const name = [kty, detail].filter((part) => typeof part === "string").join(" ");
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type !== undefined) return type;
  throw new DecodeError("key-unsupported", `unsupported JSON Web Key ${JSON.stringify(name.slice(0, 80))}`, {
    hint: `supported are ${Object.keys(TYPES).join(", ")}`,
  });
}

function malformed(reason: string): DecodeError {
  return new DecodeError("jwk-malformed", `cannot read JSON Web Key: ${reason}`);
}
