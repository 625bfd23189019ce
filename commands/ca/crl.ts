import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { CRL_PEM_LABEL, DAY_MS, parseRevocationList } from "../../lib/pki/mod.ts";
import { formatPem } from "../../lib/bytes/mod.ts";
import { writeCrlFile } from "../../lib/store/mod.ts";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { caFolderOptions, openCaFolder } from "./ca_folder.ts";
import { daysOption } from "./days.ts";
import { path } from "../path_value.ts";

/** `parley ca crl`. */
export const caCrl = defineCommand({
  description: "A revocation list (RFC 5280) in PEM names every certificate that the authority has revoked.",
  examples: [
    { line: "parley ca crl --dir ca --out ca.crl", does: "Write the list, in place of the one before" },
    {
      line: "parley ca crl --days 1 | openssl crl -noout -text",
      does: "Look at a list that is valid for a day",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      out: optional(option("--out", path("FILE", "file"), {
        description: message`Where the list goes, replaced in one step. Without it: standard output`,
      })),
      days: daysOption(7, message`In how many days the next list has to be there`),
    }),
    passphraseOptions,
  ),
  async execute({ out, days, ...values }, context) {
    using ca = openCaFolder(values, context);
    const lifetimeMs = days * DAY_MS;
    const path = out === undefined ? undefined : context.resolve(out);
    const crl = path === undefined
      ? await ca.authority.crl({ lifetimeMs })
      : await writeCrlFile(ca, { out: path, lifetimeMs });
    const { number, revoked, nextUpdate } = parseRevocationList(crl);
    const pem = formatPem(CRL_PEM_LABEL, crl);
    context.out.result(
      {
        type: "crl",
        number,
        revoked: revoked.size,
        nextUpdate,
        ...(path === undefined ? { pem } : { path }),
      },
      path === undefined ? pem : `${printable(path)}: number ${number}, ${revoked.size} revoked`,
    );
  },
});
