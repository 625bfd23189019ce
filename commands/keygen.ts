import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, integer, string } from "@optique/core/valueparser";
import { systemRandom } from "../lib/crypto/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";
import { ASYMMETRIC_ALGORITHMS, generateAsymmetricKey } from "../lib/pki/mod.ts";
import { refuseExistingFiles } from "../lib/store/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { chooseProtection } from "./keygen/choose_protection.ts";
import { readKeyFile } from "./keygen/read_key_file.ts";
import { showKey } from "./keygen/show_key.ts";
import { type KeyOutput, keyPaths, writeKey } from "./keygen/write_key.ts";
import { passphraseOptions, type PassphraseValues } from "./passphrase.ts";
import { path } from "./path_value.ts";

/** `parley keygen`. */
export const keygen = defineCommand({
  description:
    "Keys are written as PKCS#8 and SubjectPublicKeyInfo in PEM, which openssl reads for every algorithm that it " +
    "knows, or as JSON Web Key where there is one for the algorithm (not for x-wing, dh-2048, elgamal-2048). " +
    "ML-DSA, ML-KEM and X-Wing keys are kept as their seed. No standard describes files of ElGamal keys: they " +
    "are PKCS#8 under OIW's identifier, as Bouncy Castle has them. The fingerprint is the SHA-256 of the public " +
    "key, in base64 and as words to be read aloud. With --in an existing key is shown, or written in another " +
    "form; it may be PKCS#8, PKCS#1, SEC 1 or a JSON Web Key.",
  examples: [
    { line: "parley keygen --out k", does: "Make an Ed25519 key pair in k (mode 0600) and k.pub" },
    { line: "parley keygen --alg rsa-3072 --encrypt --out k", does: "Ask for a passphrase for the key" },
    { line: "parley keygen --alg ecdsa-p256 | openssl pkey -text", does: "Write the private key to a pipe" },
    {
      line: "parley keygen --out relay --csr relay.example.org,192.0.2.7",
      does: "Make relay, relay.pub, and relay.csr to be signed by an authority",
    },
    { line: "parley keygen --in k", does: "Show what k holds, and its fingerprint" },
    { line: "parley keygen --in k --public --format jwk", does: "Print the public half as JSON Web Key" },
    { line: "parley keygen --in k --encrypt --out k --force", does: "Encrypt k under another passphrase" },
    { line: "parley keygen --in k --no-passphrase --out plain", does: "Write k without its passphrase" },
  ],
  parser: merge(
    object({
      alg: optional(option("--alg", choice(ASYMMETRIC_ALGORITHMS, { metavar: "ALG" }), {
        description: message`The algorithm of a new key (default: ed25519)`,
      })),
      in: optional(option("--in", path("FILE", "file"), {
        description: message`Take the key from a file instead of making one`,
      })),
      out: optional(option("--out", path("PATH", "file"), {
        description:
          message`Where the private key goes; the public key goes to PATH.pub. Without it, the key goes to standard output`,
      })),
      format: optional(option("--format", choice(["pem", "jwk"], { metavar: "FORMAT" }), {
        description: message`The form of what is written (default: pem)`,
      })),
      publicOnly: option("--public", { description: message`Write the public key only, to PATH itself` }),
      csr: optional(option("--csr", string({ metavar: "SUBJECT" }), {
        description:
          message`Write a certificate request to PATH.csr, for USER/DEVICE, for a server's DNS names and addresses, or for CN=…,O=…`,
      })),
      encrypt: option("--encrypt", {
        description: message`Ask for a new passphrase and encrypt the private key`,
      }),
      noPassphrase: option("--no-passphrase", {
        description:
          message`With --in: leave the private key unencrypted. Without it, what was encrypted stays so`,
      }),
      force: withDefault(option("--force", { description: message`Replace files that exist` }), false),
    }),
    passphraseOptions,
    object("New passphrase", {
      newPassphraseFile: optional(option("--new-passphrase-file", path("FILE", "file"), {
        description: message`With --in: take the new passphrase from the first line of a file`,
      })),
      newPassphraseFd: optional(option("--new-passphrase-fd", integer({ metavar: "N", min: 0, max: 1023 }), {
        description:
          message`With --in: take the new passphrase from the first line of an open file descriptor`,
      })),
    }),
  ),
  async execute(values, context) {
    checkOptions(values);
    if (values.in !== undefined) return await convert(values, values.in, context);
    const output = describeOutput(values, context);
    if (!values.force) refuseExistingFiles(keyPaths(output));
    const protection = await chooseProtection(values, context);
    const key = await generateAsymmetricKey(values.alg ?? "ed25519", systemRandom);
    await writeKey(key, output, protection, context);
  },
});

interface KeygenValues extends PassphraseValues {
  readonly alg: typeof ASYMMETRIC_ALGORITHMS[number] | undefined;
  readonly in: string | undefined;
  readonly out: string | undefined;
  readonly format: "pem" | "jwk" | undefined;
  readonly publicOnly: boolean;
  readonly csr: string | undefined;
  readonly encrypt: boolean;
  readonly noPassphrase: boolean;
  readonly force: boolean;
  readonly newPassphraseFile: string | undefined;
  readonly newPassphraseFd: number | undefined;
}

async function convert(values: KeygenValues, file: string, context: CommandContext): Promise<void> {
  const { out, format, publicOnly, csr } = values;
  const output = describeOutput(values, context);
  if (!values.force) refuseExistingFiles(keyPaths(output));
  const found = await readKeyFile(context.resolve(file), values, context);
  const asks = [out, format, csr, values.newPassphraseFile, values.newPassphraseFd];
  const isShown = asks.every((one) => one === undefined) && !publicOnly && !values.encrypt &&
    !values.noPassphrase;
  if (isShown) return showKey(found, context);
  const writesPrivate = !publicOnly && found.key.pkcs8 !== undefined &&
    (out !== undefined || csr === undefined);
  if (values.encrypt && found.key.pkcs8 === undefined) {
    throw new UsageError("private-key-needed", "a public key is not encrypted");
  }
  const protection = writesPrivate ? await chooseProtection(values, context, found.passphrase) : undefined;
  await writeKey(found.key, output, protection, context);
}

function describeOutput(values: KeygenValues, context: CommandContext): KeyOutput {
  const { out, format = "pem", publicOnly, csr, force } = values;
  return {
    path: out === undefined ? undefined : context.resolve(out),
    format,
    publicOnly,
    subject: csr,
    force,
  };
}

function checkOptions(values: KeygenValues): void {
  const isNew = values.in === undefined;
  const pairs: [boolean, string][] = [
    [!isNew && values.alg !== undefined, "--in contradicts --alg: the file says what key it is"],
    [isNew && values.publicOnly, "--public needs --in: a new key would be lost"],
    [isNew && values.noPassphrase, "--no-passphrase needs --in: a new key has none unless one is given"],
    [
      isNew && (values.newPassphraseFile ?? values.newPassphraseFd) !== undefined,
      "a new passphrase needs --in: a new key takes --passphrase-file",
    ],
    [isNew && values.csr !== undefined && values.out === undefined, "--csr needs --out, or --in"],
    [
      values.csr !== undefined && values.publicOnly,
      "--csr contradicts --public: the request needs the private key",
    ],
  ];
  const changesForm = values.encrypt || values.noPassphrase ||
    (values.newPassphraseFile ?? values.newPassphraseFd) !== undefined;
  if (values.publicOnly && changesForm) {
    throw new UsageError("option-conflict", "--public contradicts a passphrase: a public key has none");
  }
  if (values.csr !== undefined && values.out === undefined && (changesForm || values.format !== undefined)) {
    throw new UsageError("option-conflict", "without --out, --csr writes the request and no key");
  }
  const wrong = pairs.find(([holds]) => holds);
  if (wrong !== undefined) throw new UsageError("option-conflict", wrong[1]);
}
