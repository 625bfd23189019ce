import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { option } from "@optique/core/primitives";
import { conversationOptions, namedConversation } from "./conversation.ts";
import { defineCommand } from "./command.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";
import { pointInTime, resolvePointInTime } from "./point_in_time.ts";

/** `parley purge`. */
export const purge = defineCommand({
  description:
    "Deletes messages from this device's history, in the conversation named or in all, and overwrites what they held " +
    "in the database. Other devices keep theirs, and messages that still wait to be sent stay.",
  examples: [
    { line: "parley purge --older-than 90d", does: "Keep three months" },
    {
      line: "parley purge bob --older-than 2026-01-01",
      does: "Delete what bob and you said before this year",
    },
  ],
  parser: merge(
    conversationOptions,
    object({
      olderThan: option("--older-than", pointInTime(), {
        description: message`What was said before a date, or longer ago than this, such as 90d`,
      }),
    }),
    passphraseOptions,
  ),
  async execute({ user, group, olderThan, ...passphrase }, context) {
    const client = await openClient("purge", passphrase, context);
    try {
      const conversation = namedConversation(client, { user, group });
      const before = resolvePointInTime(olderThan, context.io.now());
      const lines = await client.history.purge(before, conversation);
      const record = { type: "purged", lines, before: before.toISOString() };
      context.out.result(
        conversation === undefined ? record : { ...record, conversation },
        `deleted ${lines} ${lines === 1 ? "line" : "lines"} from before ${before.toISOString()}`,
      );
    } finally {
      await client.close();
    }
  },
});
