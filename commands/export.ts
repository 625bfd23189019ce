import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import type { HistoryLine } from "../lib/client/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { conversationOptions, describeConversation, requireConversation } from "./conversation.ts";
import type { ExportFacts, ExportFormat } from "./export/format.ts";
import { formats } from "./export/formats.ts";
import { openExport } from "./export/destination.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";

/** `parley export`. */
export const exportCommand = defineCommand({
  description:
    "Writes a whole conversation, oldest line first, as it is by now: as JSON Lines for programs (the fields are those " +
    "of history --json), or as one HTML page for people that needs nothing else. What is written is not encrypted: " +
    "a file that --out makes can be read by you alone.",
  examples: [
    { line: "parley export bob --format html --out bob.html", does: "Make a page to read or print" },
    { line: "parley export bob > bob.jsonl", does: "Write JSON Lines" },
  ],
  parser: merge(
    conversationOptions,
    object({
      format: withDefault(
        option("--format", choice(["jsonl", "html"], { metavar: "FORMAT" }), {
          description: message`What to write`,
        }),
        "jsonl" as const,
      ),
      out: optional(option("--out", "-o", string({ metavar: "FILE" }), {
        description: message`Where to; standard output without it`,
      })),
    }),
    passphraseOptions,
  ),
  async execute({ user, group, format, out, ...passphrase }, context) {
    const client = await openClient("export", passphrase, context);
    try {
      const conversation = requireConversation(client, { user, group });
      const facts = {
        conversation,
        title: describeConversation(client, conversation),
        self: client.self.user,
        exportedAt: new Date(context.io.now()),
      };
      await write(formats[format], facts, client.history.pages(conversation), out, context);
    } finally {
      await client.close();
    }
  },
});

async function write(
  format: ExportFormat,
  facts: ExportFacts,
  pages: AsyncIterable<HistoryLine[]>,
  out: string | undefined,
  context: CommandContext,
): Promise<void> {
  const path = out === undefined ? undefined : context.resolve(out);
  using destination = openExport(path, context);
  destination.write(format.begin(facts));
  let lines = 0;
  for await (const page of pages) {
    lines += page.length;
    destination.write(page.map((line) => format.line(line)).join(""));
  }
  destination.write(format.end());
  destination.finish();
  if (path === undefined) return;
  context.out.result(
    { type: "exported", conversation: facts.conversation, lines, file: path },
    `${lines} lines in ${path}`,
  );
}
