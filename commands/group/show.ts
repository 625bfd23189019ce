import { merge, object } from "@optique/core/constructs";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { groupArgument } from "./arguments.ts";
import { reportGroup } from "./report.ts";

/** `parley group show`. */
export const groupShow = defineCommand({
  description: "The users in the order in which they came, with their devices, and who is an admin.",
  examples: [
    { line: "parley group show team", does: "Show who is in a group" },
    { line: "parley group show team --json", does: "The same for a script, with the epoch of its keys" },
  ],
  parser: merge(object({ group: groupArgument }), passphraseOptions),
  async execute({ group, ...passphrase }, context) {
    await withClient("group", passphrase, context, (client) => {
      return Promise.resolve(reportGroup(client.groups.show(group), context));
    });
  },
});
