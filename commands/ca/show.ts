import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { describePkiDocument } from "../../lib/pki/mod.ts";
import { defineCommand } from "../command.ts";
import { path } from "../path_value.ts";
import { formatFacts } from "./format_facts.ts";
import { readDocuments } from "./read_documents.ts";

/** `parley ca show`. */
export const caShow = defineCommand({
  description:
    "Shows certificates, certificate requests, revocation lists and keys, all that the file holds, without " +
    "verifying anything. Of a private key it shows what belongs to the public half; an encrypted key is not " +
    "opened (parley keygen --in does that).",
  examples: [
    { line: "parley ca show server.crt", does: "Show the chain in a file" },
    { line: "parley ca show ca.crl --json", does: "Show a revocation list to a script" },
    { line: "openssl s_client … | parley ca show -", does: "Show what comes through a pipe" },
  ],
  parser: object({
    file: argument(path("FILE", "file"), {
      description: message`A file in PEM or DER, or - for standard input`,
    }),
  }),
  async execute({ file }, context) {
    const documents = await readDocuments(file, context);
    for (const [index, document] of documents.entries()) {
      const facts = await describePkiDocument(document);
      context.out.result({ ...facts }, (style) => (index > 0 ? "\n" : "") + formatFacts(facts, style));
    }
  },
});
