import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { DAY_MS, inspectCertificate } from "../../lib/pki/mod.ts";
import { holdsCa, initCa, initIntermediateCa, rootCaFolder } from "../../lib/store/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { newPassphraseOptions, readNewPassphrase, readPassphrase } from "../passphrase.ts";
import { path } from "../path_value.ts";
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
    "move that folder to a place without a network. It is needed again only to make another issuing authority " +
    "(--root) or to revoke one (parley ca revoke and crl on the root's folder).",
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
    {
      line: 'parley ca init --dir ca2 --name "Next CA" --intermediate --root /media/root',
      does: "Make another issuing authority below the same root",
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
      root: optional(option("--root", path("DIR", "directory"), {
        description: message`With --intermediate: the folder of a root that is there, instead of a new one`,
      })),
      rootPassphraseFile: optional(option("--root-passphrase-file", path("FILE", "file"), {
        description: message`With --root: take its passphrase from the first line of a file`,
      })),
      days: daysOption(3650, message`How long its certificate is valid`),
      force: option("--force", {
        description: message`Replace an authority that exists: its key, its certificate and its log are lost`,
      }),
    }),
    newPassphraseOptions,
  ),
  async execute(
    { name, alg, intermediate, root: rootFolder, rootPassphraseFile, days, force, ...values },
    context,
  ) {
    if (rootFolder !== undefined && !intermediate) {
      throw new UsageError("option-conflict", "--root needs --intermediate");
    }
    if (rootPassphraseFile !== undefined && rootFolder === undefined) {
      throw new UsageError("option-conflict", "--root-passphrase-file needs --root");
    }
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
      ? await initIntermediateCa(dir, {
        ...options,
        ...(rootFolder !== undefined && { existingRoot: openRoot(rootFolder, rootPassphraseFile, context) }),
      })
      : { root: await initCa(dir, options), issuing: undefined };
    const { fingerprint, notAfter } = inspectCertificate(issuing ?? root);
    const { sha256 } = inspectCertificate(root);
    const rootDir = issuing && rootFolder === undefined ? rootCaFolder(dir) : undefined;
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

function openRoot(
  folder: string,
  passphraseFile: string | undefined,
  context: CommandContext,
): { dir: string; passphrase: () => Promise<Uint8Array> } {
  return {
    dir: context.resolve(folder),
    passphrase: () => readPassphrase({ passphraseFile, passphraseFd: undefined }, context, "the root's key"),
  };
}

// Said before a passphrase is asked for; the store says the same where two processes race.
function caExists(dir: string): UsageError {
  return new UsageError("ca-exists", `${dir} holds a certificate authority already`, {
    hint: "choose another folder with --dir",
  });
}
