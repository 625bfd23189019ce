import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { groupArgument } from "./arguments.ts";
import { reportGroup } from "./report.ts";

/** `parley group rename`. */
export const groupRename = defineCommand({
  description: "All members hear of it, and nobody else does. For admins.",
  examples: [{ line: 'parley group rename team "the team"', does: "Give a group another name" }],
  parser: merge(
    object({
      group: groupArgument,
      name: argument(string({ metavar: "NAME" }), { description: message`What to call it` }),
    }),
    passphraseOptions,
  ),
  async execute({ group, name, ...passphrase }, context) {
    await withClient("group", passphrase, context, async (client) => {
      reportGroup(await client.groups.rename(group, name), context);
    });
  },
});
