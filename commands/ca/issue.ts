import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { DAY_MS } from "../../lib/pki/mod.ts";
import { issueServerFiles } from "../../lib/store/mod.ts";
import { defineCommand } from "../command.ts";
import { formatDay } from "../format_time.ts";
import { passphraseOptions } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { caFolderOptions, openCaFolder } from "./ca_folder.ts";
import { daysOption } from "./days.ts";
import { path } from "../path_value.ts";

const SERVER_ALGORITHMS = ["ed25519", "ecdsa-p256", "rsa-2048", "rsa-3072", "rsa-4096"] as const;

/** `parley ca issue`. */
export const caIssue = defineCommand({
  description:
    "Makes a key and a certificate for a relay: OUT.key (PKCS#8 PEM, mode 0600, not encrypted, since " +
    "a server has to start unattended) and OUT.crt (the certificate, then those of the authorities above it).",
  examples: [
    {
      line: "parley ca issue --dir ca --server localhost,127.0.0.1 --out server",
      does: "Make server.key and server.crt for a relay on this machine",
    },
    {
      line: "parley ca issue --server relay.example.org --days 90 --out relay --force",
      does: "Replace a relay's certificate with one of 90 days",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      server: option("--server", string({ metavar: "NAME,…" }), {
        description: message`DNS names and IP addresses under which the server is reached`,
      }),
      out: option("--out", path("OUT", "file"), {
        description: message`Where the files go: OUT.key and OUT.crt`,
      }),
      alg: withDefault(
        option("--alg", choice(SERVER_ALGORITHMS, { metavar: "ALG" }), {
          description: message`The algorithm of the server's key`,
        }),
        "ed25519" as const,
      ),
      days: daysOption(365, message`How long the certificate is valid`),
      force: option("--force", { description: message`Replace files that exist` }),
    }),
    passphraseOptions,
  ),
  async execute({ server, out, alg, days, force, ...values }, context) {
    using ca = openCaFolder(values, context);
    const path = context.resolve(out);
    const issuance = await issueServerFiles(ca, {
      names: server.split(",").map((name) => name.trim()),
      out: path,
      algorithm: alg,
      lifetimeMs: days * DAY_MS,
      force,
    });
    const { serial, names, fingerprint, notAfter } = issuance;
    context.out.result(
      {
        type: "issued",
        serial,
        names,
        fingerprint,
        notAfter,
        key: `${path}.key`,
        certificate: `${path}.crt`,
      },
      `${printable(`${out}.key`)} and ${printable(`${out}.crt`)} for ${names.join(", ")}, ` +
        `valid until ${formatDay(notAfter)}\n${fingerprint}`,
    );
  },
});
