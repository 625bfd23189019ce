import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { UsageError } from "../../lib/errors/mod.ts";
import { DAY_MS, parseName, signRequest, type SignRequestOptions } from "../../lib/pki/mod.ts";
import { refuseExistingFiles } from "../../lib/store/mod.ts";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { path } from "../path_value.ts";
import { printable } from "../printable.ts";
import { caFolderOptions, openCaFolder } from "./ca_folder.ts";
import { daysOption } from "./days.ts";
import { writeIssued } from "./issued.ts";
import { readDocumentsOf } from "./read_documents.ts";

/** `parley ca sign`. */
export const caSign = defineCommand({
  description:
    "What the authority takes from the request: the key, if it is strong enough and has signed the request; " +
    "and the names in subjectAltName, either DNS names and addresses (a server) or the URI parley:USER/DEVICE " +
    "(a device), unless --server or --device names others. The usages follow from that. The subject, usages and " +
    "other extensions that are asked for are left out, and told. A request to be an authority is refused. Written " +
    "are the certificate and those of the authorities above it.",
  examples: [
    { line: "parley ca sign --dir ca relay.csr --out relay.crt", does: "Certify the names in the request" },
    {
      line: "parley ca sign old.csr --server relay.example.org --days 90",
      does: "Certify this name instead, for 90 days, and print the certificate",
    },
    { line: "parley ca sign key.csr --device alice/backup --out key.crt", does: "Certify a device of alice" },
  ],
  parser: merge(
    caFolderOptions,
    object({
      request: argument(path("REQUEST", "file"), {
        description: message`The certificate request (PKCS#10, PEM or DER), or - for standard input`,
      }),
      server: optional(option("--server", string({ metavar: "NAME,…" }), {
        description: message`DNS names and IP addresses to certify instead of those in the request`,
      })),
      device: optional(option("--device", string({ metavar: "USER/DEVICE" }), {
        description: message`The device to certify instead of the names in the request`,
      })),
      out: optional(option("--out", path("FILE", "file"), {
        description: message`Where the certificate goes. Without it: standard output`,
      })),
      days: daysOption(365, message`How long the certificate is valid`),
      force: option("--force", { description: message`Replace a file that exists` }),
    }),
    passphraseOptions,
  ),
  async execute({ request, server, device, out, days, force, ...values }, context) {
    const subject = parseSubject(server, device);
    if (out !== undefined && !force) refuseExistingFiles([context.resolve(out)]);
    const [csr] = await readDocumentsOf("request", request, context);
    using ca = openCaFolder(values, context);
    const { issuance, ignored } = await signRequest(ca.authority, {
      csr: csr!,
      lifetimeMs: days * DAY_MS,
      ...(subject !== undefined && { subject }),
    });
    writeIssued(issuance, { out, force }, ca, context, { ignored });
    if (ignored.length > 0) context.out.note(`left out of the request: ${printable(ignored.join(", "))}`);
  },
});

function parseSubject(
  server: string | undefined,
  device: string | undefined,
): SignRequestOptions["subject"] {
  if (server !== undefined && device !== undefined) {
    throw new UsageError("option-conflict", "--server contradicts --device");
  }
  if (server !== undefined) return { server: server.split(",").map((name) => name.trim()) };
  if (device === undefined) return undefined;
  const [user = "", name = "", ...more] = device.split("/");
  const rest = [name, ...more].join("/");
  return { device: { user: parseName(user, "user"), device: parseName(rest, "device") } };
}
