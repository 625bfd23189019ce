import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { integer, string } from "@optique/core/valueparser";
import type { Client, HistoryLine } from "../lib/client/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { conversationOptions, describeConversation, requireConversation } from "./conversation.ts";
import { formatDay } from "./format_time.ts";
import { formatBytes } from "./history/format_bytes.ts";
import { describeReactions, messageLine, messageRecord, shortId } from "./message_lines.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";
import { pointInTime, resolvePointInTime } from "./point_in_time.ts";
import { printable } from "./printable.ts";

const MAX_LINES = 100_000;

/** `parley history`. */
export const history = defineCommand({
  description:
    "Prints what was said, the newest lines last, each with the first digits of its id, as it is by now: with its " +
    "author's changes, and who reacted. It is read from this device's own encrypted store: nothing is asked of the " +
    "relay, and nothing counts as shown by it.",
  examples: [
    { line: "parley history bob", does: "Print the newest lines of the conversation with bob" },
    { line: "parley history bob --search invoice --json", does: "Find messages by their text" },
    { line: "parley history bob --since 7d --limit 1000", does: "Print the last week" },
    { line: "parley history --usage", does: "Show what the history takes on the disk" },
  ],
  parser: merge(
    conversationOptions,
    object({
      since: optional(option("--since", pointInTime(), {
        description: message`Only lines since a date, or of so long, such as 7d`,
      })),
      search: optional(option("--search", string({ metavar: "TEXT" }), {
        description: message`Only messages that hold this text, in capitals or not`,
      })),
      limit: withDefault(
        option("--limit", integer({ metavar: "N", min: 1, max: MAX_LINES }), {
          description: message`How many lines at most, the newest ones`,
        }),
        100,
      ),
      usage: option("--usage", {
        description: message`Show instead what each conversation takes on the disk`,
      }),
    }),
    passphraseOptions,
  ),
  async execute({ user, group, since, search, limit, usage, ...passphrase }, context) {
    if (usage && [user, group, since, search].some((value) => value !== undefined)) {
      throw new UsageError("options-conflict", "--usage is about all conversations", {
        hint: "leave out what chooses lines",
      });
    }
    const client = await openClient("history", passphrase, context);
    try {
      if (usage) return printUsage(client, context);
      const conversation = requireConversation(client, { user, group });
      const from = since && resolvePointInTime(since, context.io.now());
      const lines = await client.history.read({ conversation, since: from, search, limit });
      for (const line of lines) context.out.result(messageRecord(line), historyText(line));
    } finally {
      await client.close();
    }
  },
});

function historyText(line: HistoryLine): string {
  return `${shortId(line.id)} ${messageLine(line)}${describeReactions(line)}`;
}

function printUsage(client: Client, { out }: CommandContext): void {
  const { databaseBytes, conversations } = client.history.usage();
  for (const { mailbox, lines, bytes, oldest, newest } of conversations) {
    const from = new Date(oldest), to = new Date(newest);
    const name = printable(describeConversation(client, mailbox));
    out.result(
      { type: "usage", conversation: mailbox, lines, bytes, oldest: from, newest: to },
      `${name}: ${lines} ${lines === 1 ? "line" : "lines"}, ${formatBytes(bytes)}, ${formatDay(from)} to ${
        formatDay(to)
      }`,
    );
  }
  out.result({ type: "usage", databaseBytes }, `the database: ${formatBytes(databaseBytes)}`);
}
