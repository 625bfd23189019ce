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
  exportPrivateKey,
  formatCertificates,
  importPkcs8,
  inspectCertificate,
  type KeyPair,
  parseCertificate,
} from "../../lib/pki/mod.ts";
import { refuseExistingFiles, writeFileAtomically } from "../../lib/store/mod.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { readKeyFile } from "../keygen/read_key_file.ts";
import { passphraseOptions, promptNewPassphrase, readGivenPassphrase } from "../passphrase.ts";
import { path } from "../path_value.ts";
import { printable } from "../printable.ts";
import { caFolderOptions, type CaFolderValues, openCaLog } from "./ca_folder.ts";
import { readDocumentsOf } from "./read_documents.ts";

/** `parley ca export`. */
export const caExport = defineCommand({
  description:
    "Without a file: the authority's certificate and those above it, to be trusted elsewhere. With a certificate: " +
    "it and those above it in PEM; with --key also the private key, or with --format p12 all of them in a " +
    "PKCS#12 file (PBES2 with AES-256, HMAC-SHA256), which openssl and browsers read and which a passphrase protects.",
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
    object("Passphrase of the PKCS#12 file", {
      newPassphraseFile: optional(option("--new-passphrase-file", path("FILE", "file"), {
        description: message`Take it from the first line of a file. Without it: a prompt`,
      })),
      newPassphraseFd: optional(option("--new-passphrase-fd", integer({ metavar: "N", min: 0, max: 1023 }), {
        description: message`Take it from the first line of an open file descriptor`,
      })),
    }),
  ),
  async execute({ file, key, format, out, force, newPassphraseFile, newPassphraseFd, ...values }, context) {
    const target = out === undefined ? undefined : context.resolve(out);
    if (format === "p12" && (file === undefined || key === undefined || target === undefined)) {
      throw new UsageError("option-conflict", "a PKCS#12 file needs CERTIFICATE, --key and --out");
    }
    if (file === undefined && key !== undefined) {
      throw new UsageError("option-conflict", "--key needs the CERTIFICATE that it belongs to");
    }
    if (target !== undefined && !force) refuseExistingFiles([target]);
    const chain = await readChain(file, values, context);
    const keys = key === undefined
      ? undefined
      : await readKeyOf(chain[0]!, context.resolve(key), values, context);
    if (format === "pem") return await writePem(chain, keys, { path: target, force }, context);
    const passphrase = await readGivenPassphrase(
      { passphraseFile: newPassphraseFile, passphraseFd: newPassphraseFd },
      context,
    ) ??
      await promptNewPassphrase(
        context,
        "the PKCS#12 file",
        "--new-passphrase-file or --new-passphrase-fd",
      );
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys!.privateKey));
    const friendlyName = inspectCertificate(chain[0]!).subject.replace(/^CN=/, "");
    const p12 = await encodePkcs12({ chain, pkcs8, friendlyName }, { passphrase, random: systemRandom });
    pkcs8.fill(0);
    writeFileAtomically(target!, p12, { mode: 0o600, force });
    context.out.result(
      { type: "exported", format, path: target, certificates: chain.length, key: true },
      `${printable(target!)}: ${chain.length} certificates and the key`,
    );
  },
});

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

async function readKeyOf(
  leaf: Uint8Array,
  file: string,
  values: { passphraseFile: string | undefined; passphraseFd: number | undefined },
  context: CommandContext,
): Promise<KeyPair> {
  const { key } = await readKeyFile(file, values, context);
  if (key.pkcs8 === undefined || !equalBytes(key.spki, parseCertificate(leaf).spki)) {
    throw new UsageError("key-mismatch", "the key is not the private key of the certificate");
  }
  return await importPkcs8(key.pkcs8);
}

async function writePem(
  chain: Uint8Array[],
  keys: KeyPair | undefined,
  { path, force }: { path: string | undefined; force: boolean },
  context: CommandContext,
): Promise<void> {
  const pem = (keys === undefined ? "" : await exportPrivateKey(keys.privateKey)) + formatCertificates(chain);
  const record = { type: "exported", format: "pem", certificates: chain.length, key: keys !== undefined };
  if (path === undefined) return context.out.result({ ...record, pem }, pem);
  writeFileAtomically(path, pem, { mode: keys === undefined ? 0o644 : 0o600, force });
  const what = `${chain.length} certificate${chain.length === 1 ? "" : "s"}`;
  context.out.result(
    { ...record, path },
    `${printable(path)}: ${what}${keys === undefined ? "" : " and the key"}`,
  );
}
