import { merge, object, or } from "@optique/core/constructs";
import { message, optionName } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { integer, string } from "@optique/core/valueparser";
import { DAY_MS, parseCertificate } from "../../lib/pki/mod.ts";
import { refuseExistingFiles } from "../../lib/store/mod.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { path } from "../path_value.ts";
import { caFolderOptions, openCaFolder } from "./ca_folder.ts";
import { writeIssued } from "./issued.ts";
import { readDocumentsOf } from "./read_documents.ts";

/** `parley ca renew`. */
export const caRenew = defineCommand({
  description:
    "Issues a new certificate for the key and the names of one that this authority has issued: before it expires, " +
    "or within seven days after. The key stays what it is, so no file of a key is needed. A revoked certificate " +
    "is not renewed. The old one stays valid until it ends.",
  examples: [
    {
      line: "parley ca renew --dir ca server.crt --out server.crt --force",
      does: "Renew a server's certificate in place",
    },
    {
      line: "parley ca renew --serial 4f0c2d5b9a7e41d38c6b0f1e2d3c4b5a --days 30",
      does: "Renew one by its serial number, for 30 days, and print it",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      target: or(
        argument(path("CERTIFICATE", "file"), {
          description: message`The certificate to renew, PEM or DER`,
        }),
        object({
          serial: option("--serial", string({ metavar: "HEX" }), {
            description: message`Its serial number`,
          }),
        }),
        { errors: { noMatch: message`What to renew is missing: CERTIFICATE or ${optionName("--serial")}` } },
      ),
      out: optional(option("--out", path("FILE", "file"), {
        description: message`Where the certificate goes. Without it: standard output`,
      })),
      days: optional(option("--days", integer({ metavar: "N", min: 1, max: 36_500 }), {
        description: message`How long the new certificate is valid (default: as long as the old one was)`,
      })),
      force: option("--force", { description: message`Replace a file that exists` }),
    }),
    passphraseOptions,
  ),
  async execute({ target, out, days, force, ...values }, context) {
    if (out !== undefined && !force) refuseExistingFiles([context.resolve(out)]);
    const serial = typeof target === "string" ? await readSerialOf(target, context) : target.serial;
    using ca = openCaFolder(values, context);
    const issuance = await ca.authority.renew(
      serial,
      days === undefined ? {} : { lifetimeMs: days * DAY_MS },
    );
    writeIssued(issuance, { out, force }, ca, context, { renews: serial });
  },
});

async function readSerialOf(file: string, context: CommandContext): Promise<string> {
  const [leaf] = await readDocumentsOf("certificate", file, context);
  return parseCertificate(leaf!).serial;
}
