import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { DAY_MS, inspectCertificate } from "../../lib/pki/mod.ts";
import { holdsCa, initCa, initIntermediateCa, rootCaFolder } from "../../lib/store/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { defineCommand } from "../command.ts";
import { newPassphraseOptions, readNewPassphrase } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { caFolderOptions, caFolderPath } from "./ca_folder.ts";
import { daysOption } from "./days.ts";

const SIGNING_ALGORITHMS = ["ed25519", "ecdsa-p256", "rsa-3072", "rsa-4096"] as const;

/** `parley ca init`. */
export const caInit = defineCommand({
  description:
    "The folder then holds ca.key (PKCS#8 PEM, mode 0600), ca.crt (the root certificate) and ca.db " +
    "(the log of everything that is issued and revoked). Whoever has ca.key can enrol anyone: keep a copy safe. " +
    "With --intermediate the folder's key is that of an authority below a root, and the root lies in DIR/root: " +
    "move that folder to a place without a network. It is needed to revoke the issuing authority, which devices " +
    "would otherwise have to trust for ever.",
  examples: [
    {
      line: 'parley ca init --name "Example CA"',
      does: "Make it in the data folder and ask for a passphrase",
    },
    {
      line: 'parley ca init --dir ca --name "Example CA" --no-passphrase',
      does: "Make it in ca; only the file mode protects the key",
    },
    {
      line: 'parley ca init --dir ca --name "Example CA" --intermediate',
      does: "Make a root in ca/root, to be taken away, and an issuing authority in ca",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      name: option("--name", string({ metavar: "NAME" }), {
        description: message`The authority's name, the common name of its certificate`,
      }),
      alg: withDefault(
        option("--alg", choice(SIGNING_ALGORITHMS, { metavar: "ALG" }), {
          description: message`The algorithm of its key`,
        }),
        "ed25519" as const,
      ),
      intermediate: option("--intermediate", {
        description: message`Make a root in DIR/root and an issuing authority below it in DIR`,
      }),
      days: daysOption(3650, message`How long its certificate is valid`),
      force: option("--force", {
        description: message`Replace an authority that exists: its key, its certificate and its log are lost`,
      }),
    }),
    newPassphraseOptions,
  ),
  async execute({ name, alg, intermediate, days, force, ...values }, context) {
    const dir = caFolderPath(values, context);
    if (!force && holdsCa(dir)) throw caExists(dir);
    const passphrase = await readNewPassphrase(values, context, "the authority's key");
    const options = {
      name,
      algorithm: alg,
      lifetimeMs: days * DAY_MS,
      force,
      clock: () => new Date(context.io.now()),
      ...(passphrase !== undefined && { passphrase }),
    };
    const { root, issuing } = intermediate
      ? await initIntermediateCa(dir, options)
      : { root: await initCa(dir, options), issuing: undefined };
    const { fingerprint, notAfter } = inspectCertificate(issuing ?? root);
    const { sha256 } = inspectCertificate(root);
    const rootDir = issuing && rootCaFolder(dir);
    context.out.result(
      {
        type: "ca",
        name,
        dir,
        fingerprint,
        certificateSha256: sha256,
        notAfter,
        ...(rootDir && { rootDir }),
      },
      `${printable(name)} is ready in ${printable(dir)}\n${fingerprint}`,
    );
    if (rootDir !== undefined) {
      context.out.note(`the root is in ${printable(rootDir)}: move it to a safe place`);
    }
  },
});

// Said before a passphrase is asked for; the store says the same where two processes race.
function caExists(dir: string): UsageError {
  return new UsageError("ca-exists", `${dir} holds a certificate authority already`, {
    hint: "choose another folder with --dir",
  });
}
