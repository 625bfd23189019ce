import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { choice, integer } from "@optique/core/valueparser";
import { equalBytes } from "../../lib/bytes/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import {
  encodePkcs12,
  formatCertificates,
  formatPrivateKey,
  inspectCertificate,
  parseCertificate,
} from "../../lib/pki/mod.ts";
import { refuseExistingFiles, writeFileAtomically } from "../../lib/store/mod.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { readKeyFile } from "../keygen/read_key_file.ts";
import {
  passphraseOptions,
  type PassphraseValues,
  promptNewPassphrase,
  readGivenPassphrase,
} from "../passphrase.ts";
import { path } from "../path_value.ts";
import { printable } from "../printable.ts";
import { caFolderOptions, type CaFolderValues, openCaLog } from "./ca_folder.ts";
import { readDocumentsOf } from "./read_documents.ts";

/** `parley ca export`. */
export const caExport = defineCommand({
  description:
    "Without a file: the authority's certificate and those above it, to be trusted elsewhere. With a certificate: " +
    "it and those above it in PEM; with --key also the private key, or with --format p12 all of them in a PKCS#12 " +
    "file (PBES2 with AES-256, HMAC-SHA256), which openssl reads. A key that is encrypted stays so, under its own " +
    "passphrase or a new one; a PKCS#12 file always has one.",
  examples: [
    { line: "parley ca export --dir ca --out ca.pem", does: "Write the authority's certificates" },
    {
      line: "parley ca export --dir ca server.crt --key server.key --out bundle.pem",
      does: "Write key and chain into one file (mode 0600)",
    },
    {
      line: "parley ca export device.crt --key device.key --format p12 --out device.p12",
      does: "Ask for a passphrase and write a PKCS#12 file",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      file: optional(argument(path("CERTIFICATE", "file"), {
        description: message`The certificate to export, alone or with those above it`,
      })),
      key: optional(option("--key", path("FILE", "file"), {
        description: message`Its private key, in any form that parley keygen --in reads`,
      })),
      format: withDefault(
        option("--format", choice(["pem", "p12"], { metavar: "FORMAT" }), {
          description: message`The form of what is written`,
        }),
        "pem" as const,
      ),
      out: optional(option("--out", path("FILE", "file"), {
        description: message`Where it goes. Without it: standard output, PEM only`,
      })),
      force: option("--force", { description: message`Replace a file that exists` }),
    }),
    passphraseOptions,
    object("New passphrase", {
      newPassphraseFile: optional(option("--new-passphrase-file", path("FILE", "file"), {
        description: message`Take the passphrase of what is written from the first line of a file`,
      })),
      newPassphraseFd: optional(option("--new-passphrase-fd", integer({ metavar: "N", min: 0, max: 1023 }), {
        description:
          message`Take the passphrase of what is written from the first line of an open file descriptor`,
      })),
    }),
  ),
  async execute({ file, key, format, out, force, newPassphraseFile, newPassphraseFd, ...values }, context) {
    const given = { passphraseFile: newPassphraseFile, passphraseFd: newPassphraseFd };
    const target = { path: out === undefined ? undefined : context.resolve(out), force };
    if (format === "p12" && (key === undefined || target.path === undefined)) {
      throw new UsageError("option-conflict", "a PKCS#12 file needs CERTIFICATE, --key and --out");
    }
    if (key !== undefined && file === undefined) {
      throw new UsageError("option-conflict", "--key needs the CERTIFICATE that it belongs to");
    }
    if (key === undefined && (newPassphraseFile ?? newPassphraseFd) !== undefined) {
      throw new UsageError("option-conflict", "a new passphrase needs --key: certificates are no secret");
    }
    if (target.path !== undefined && !force) refuseExistingFiles([target.path]);
    const chain = await readChain(file, values, context);
    if (key === undefined) return writeExport(formatCertificates(chain), chain, false, target, context);
    const found = await readKeyOf(chain[0]!, context.resolve(key), values, context);
    const passphrase = await readGivenPassphrase(given, context) ?? found.passphrase;
    if (format === "pem") {
      const protection = passphrase && { passphrase, random: systemRandom };
      const pem = await formatPrivateKey(found.pkcs8, protection) + formatCertificates(chain);
      found.pkcs8.fill(0);
      return writeExport(pem, chain, true, target, context);
    }
    const friendlyName = inspectCertificate(chain[0]!).subject.replace(/^CN=/, "");
    const p12 = await encodePkcs12({ chain, pkcs8: found.pkcs8, friendlyName }, {
      passphrase: passphrase ?? await promptNewPassphrase(context, "the PKCS#12 file", PASSPHRASE_OPTIONS),
      random: systemRandom,
    });
    found.pkcs8.fill(0);
    writeExport(p12, chain, true, target, context);
  },
});

const PASSPHRASE_OPTIONS = "--new-passphrase-file or --new-passphrase-fd";

/** The certificate with what is above it: from the file, and from the authority where that has issued the last one. */
async function readChain(
  file: string | undefined,
  values: CaFolderValues,
  context: CommandContext,
): Promise<Uint8Array[]> {
  if (file === undefined) {
    using ca = openCaLog(values, context);
    return [...ca.authority.chain];
  }
  const chain: Uint8Array[] = await readDocumentsOf("certificate", file, context);
  const last = parseCertificate(chain.at(-1)!);
  if (equalBytes(last.issuer, last.subject)) return chain;
  using ca = openCaLog(values, context);
  const above = ca.authority.chain;
  const at = above.findIndex((one) => equalBytes(parseCertificate(one).subject, last.issuer));
  if (at < 0) {
    throw new UsageError("chain-incomplete", "the certificate was issued by another authority", {
      hint: "give the chain in one file, or the authority's folder with --dir",
    });
  }
  return [...chain, ...above.slice(at)];
}

/** The private key of a certificate, with the passphrase that it was encrypted under. */
async function readKeyOf(
  leaf: Uint8Array,
  file: string,
  values: PassphraseValues,
  context: CommandContext,
): Promise<{ pkcs8: Uint8Array<ArrayBuffer>; passphrase: Uint8Array | undefined }> {
  const { key: { pkcs8, spki }, passphrase } = await readKeyFile(file, values, context);
  if (pkcs8 !== undefined && equalBytes(spki, parseCertificate(leaf).spki)) return { pkcs8, passphrase };
  throw new UsageError("key-mismatch", "the key is not the private key of the certificate");
}

function writeExport(
  content: string | Uint8Array,
  chain: Uint8Array[],
  hasKey: boolean,
  { path, force }: { path: string | undefined; force: boolean },
  context: CommandContext,
): void {
  const record = { type: "exported", certificates: chain.length, key: hasKey };
  if (path === undefined) {
    const pem = String(content); // a PKCS#12 file is written to a path only
    return context.out.result({ ...record, pem }, pem);
  }
  writeFileAtomically(path, content, { mode: hasKey ? 0o600 : 0o644, force });
  const what = `${chain.length} certificate${chain.length === 1 ? "" : "s"}`;
  context.out.result({ ...record, path }, `${printable(path)}: ${what}${hasKey ? " and the key" : ""}`);
}
