import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { Client } from "../../lib/client/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";

/** `parley group rejoin`. */
export const groupRejoin = defineCommand({
  description:
    "A device that has lost its keys for a conversation enters it again by itself. It does not where another copy of " +
    "this device has taken its place (stop that copy first), and where someone changed the group who must not: then " +
    "this accepts it as it is now. Works for conversations with one user, too.",
  examples: [
    { line: "parley group rejoin team", does: "Take this device's place in a group back" },
    { line: "parley group rejoin bob", does: "The same for the conversation with bob" },
  ],
  parser: merge(
    object({
      conversation: argument(string({ metavar: "GROUP|USER" }), {
        description: message`The group, by its name or id, or the other user`,
      }),
    }),
    passphraseOptions,
  ),
  async execute({ conversation, ...passphrase }, context) {
    await withClient("group", passphrase, context, async (client) => {
      const id = find(client, conversation);
      await client.groups.rejoin(id);
      context.out.result({ type: "rejoined", conversation: id }, `entered ${conversation} again`);
    });
  },
});

/** Hints and lines name a conversation with a user by its id. */
function find(client: Client, name: string): string {
  if (name.startsWith("direct:")) return name;
  try {
    return client.groups.resolve(name);
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== "group-unknown") throw error;
    return client.conversationWith(name);
  }
}
