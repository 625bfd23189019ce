import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice } from "@optique/core/valueparser";
import { systemRandom } from "../lib/crypto/mod.ts";
import {
  exportPrivateKey,
  exportPublicKey,
  fingerprintOf,
  generateKeyPair,
  KEY_ALGORITHMS,
  type Pkcs8Protection,
} from "../lib/pki/mod.ts";
import { refuseExistingFiles, writeFileAtomically } from "../lib/store/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import {
  passphraseOptions,
  type PassphraseValues,
  promptNewPassphrase,
  readGivenPassphrase,
} from "./passphrase.ts";
import { path } from "./path_value.ts";

/** `parley keygen`. */
export const keygen = defineCommand({
  description:
    "The private key is PKCS#8 in PEM, the public key SubjectPublicKeyInfo in PEM; openssl reads " +
    "both. The private key is encrypted where a passphrase is given or --encrypt asks for one.",
  examples: [
    { line: "parley keygen --out k", does: "Make an Ed25519 key pair in k (mode 0600) and k.pub" },
    { line: "parley keygen --alg rsa-3072 --encrypt --out k", does: "Ask for a passphrase for the key" },
    { line: "parley keygen --alg ecdsa-p256 | openssl pkey -text", does: "Write the private key to a pipe" },
  ],
  parser: merge(
    object({
      alg: withDefault(
        option("--alg", choice(KEY_ALGORITHMS, { metavar: "ALG" }), {
          description: message`The algorithm`,
        }),
        "ed25519" as const,
      ),
      out: optional(option("--out", path("PATH", "file"), {
        description:
          message`Where the private key goes; the public key goes to PATH.pub. Without it, the private key goes to standard output`,
      })),
      encrypt: option("--encrypt", {
        description: message`Ask for a passphrase and encrypt the private key`,
      }),
      force: option("--force", { description: message`Replace files that exist` }),
    }),
    passphraseOptions,
  ),
  async execute({ alg, out, encrypt, force, ...passphrase }, context) {
    const paths = out === undefined ? [] : [context.resolve(out), `${context.resolve(out)}.pub`];
    if (!force) refuseExistingFiles(paths);
    const protection = await readProtection(passphrase, encrypt, context);
    const keys = await generateKeyPair(alg);
    const privateKey = await exportPrivateKey(keys.privateKey, protection);
    const publicKey = exportPublicKey(keys.spki);
    const fingerprint = fingerprintOf(keys.spki);
    const [privatePath, publicPath] = paths;
    if (privatePath === undefined || publicPath === undefined) {
      context.out.result({ type: "key", algorithm: alg, fingerprint, publicKey, privateKey }, privateKey);
      return context.out.note(fingerprint);
    }
    writeFileAtomically(privatePath, privateKey, { mode: 0o600, force });
    writeFileAtomically(publicPath, publicKey, { force });
    context.out.result(
      { type: "key", algorithm: alg, fingerprint, publicKey, path: privatePath },
      fingerprint,
    );
  },
});

async function readProtection(
  values: PassphraseValues,
  encrypt: boolean,
  context: CommandContext,
): Promise<Pkcs8Protection | undefined> {
  let passphrase = await readGivenPassphrase(values, context);
  if (encrypt) {
    passphrase ??= await promptNewPassphrase(context, "the key", "--passphrase-file or --passphrase-fd");
  }
  return passphrase && { passphrase, random: systemRandom };
}
