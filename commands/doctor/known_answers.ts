import { decodeHex, equalBytes } from "../../lib/bytes/mod.ts";
import {
  type Aead,
  aes128Gcm,
  aes256Gcm,
  chacha20Poly1305,
  createMlKem768,
  createXWing,
  digest,
  type HashName,
  hkdf,
  importEd25519PublicKey,
  type Kem,
  verifyEd25519,
  verifyHmac,
  X25519PrivateKey,
  X25519PublicKey,
} from "../../lib/crypto/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import { fail, type Finding, ok } from "./finding.ts";
import vectors from "./known_answers.json" with { type: "json" };

/** A published input and output of a primitive. All values are hexadecimal. */
export interface KnownAnswer {
  /** The primitive. */
  readonly primitive: string;
  /** Where it was published. */
  readonly source: string;
  /** What goes in. */
  readonly input?: string;
  /** What comes out. */
  readonly output: string;
  /** Whether the output is the right one; false for forgeries, which have to be refused. */
  readonly valid?: boolean;
  /** A secret key. */
  readonly key?: string;
  /** A public key. */
  readonly publicKey?: string;
  /** A nonce. */
  readonly nonce?: string;
  /** Additional authenticated data. */
  readonly aad?: string;
  /** Input keying material. */
  readonly ikm?: string;
  /** A salt. */
  readonly salt?: string;
  /** A context. */
  readonly info?: string;
}

/** The vectors that are built in; a test finds each in the published files. */
export const knownAnswers: readonly KnownAnswer[] = vectors;

/** Computes the known answers of each primitive on this machine; one finding a primitive. */
export async function checkKnownAnswers(answers: readonly KnownAnswer[]): Promise<Finding[]> {
  const groups = Map.groupBy(answers, ({ primitive }) => primitive);
  return await Promise.all([...groups].map(([primitive, group]) => checkPrimitive(primitive, group)));
}

async function checkPrimitive(primitive: string, answers: readonly KnownAnswer[]): Promise<Finding> {
  const check = `known answers of ${primitive}`;
  for (const answer of answers) {
    if (await agrees(answer)) continue;
    const hint = "do not use parley here: the runtime or the processor computes wrongly; report it";
    return fail(check, `${answer.source} comes out differently`, hint);
  }
  return ok(check, `${answers.length} of ${answers.length} agree`);
}

async function agrees(answer: KnownAnswer): Promise<boolean> {
  const verify = PRIMITIVES[answer.primitive];
  if (verify === undefined) return false;
  try {
    return await verify(answer) === (answer.valid ?? true);
  } catch (error) {
    // What a primitive refuses is no valid answer.
    if (error instanceof ParleyError) return answer.valid === false;
    throw error;
  }
}

type Verify = (answer: KnownAnswer) => boolean | Promise<boolean>;

const PRIMITIVES: Record<string, Verify> = {
  "SHA-256": hashes("SHA-256"),
  "SHA-384": hashes("SHA-384"),
  "SHA-512": hashes("SHA-512"),
  "HMAC-SHA-256": ({ key, input, output }) => verifyHmac("SHA-256", hex(key), hex(input), hex(output)),
  "HKDF-SHA-256": ({ ikm, salt, info, output }) => {
    const expected = hex(output);
    const options = { ikm: hex(ikm), salt: hex(salt), info: hex(info), length: expected.length };
    return equalBytes(hkdf("SHA-256", options), expected);
  },
  "AES-128-GCM": opens(aes128Gcm),
  "AES-256-GCM": opens(aes256Gcm),
  "ChaCha20-Poly1305": opens(chacha20Poly1305),
  "Ed25519": async ({ publicKey, input, output }) =>
    await verifyEd25519(await importEd25519PublicKey(hex(publicKey)), hex(input), hex(output)),
  "X25519": ({ key, publicKey, output }) =>
    equalBytes(new X25519PrivateKey(hex(key)).agree(new X25519PublicKey(hex(publicKey))), hex(output)),
  "ML-KEM-768": decapsulates(createMlKem768),
  "X-Wing": decapsulates(createXWing),
};

function hashes(hash: HashName): Verify {
  return ({ input, output }) => equalBytes(digest(hash, hex(input)), hex(output));
}

function opens(aead: Aead): Verify {
  return async ({ key, nonce, aad, input, output }) => {
    const aeadKey = aead.importKey(hex(key));
    const shared = { nonce: hex(nonce), aad: hex(aad) };
    const plaintext = await aead.open(aeadKey, { ...shared, ciphertext: hex(output) });
    const sealed = await aead.seal(aeadKey, { ...shared, plaintext });
    return equalBytes(plaintext, hex(input)) && equalBytes(sealed, hex(output));
  };
}

function decapsulates(create: () => Kem): Verify {
  return async ({ key, input, output }) => {
    const kem = create();
    const privateKey = await kem.importPrivateKey(hex(key));
    return equalBytes(await kem.decapsulate(privateKey, hex(input)), hex(output));
  };
}

function hex(text = ""): Uint8Array<ArrayBuffer> {
  return decodeHex(text);
}
