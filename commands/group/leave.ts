import { merge, object } from "@optique/core/constructs";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { groupArgument } from "./arguments.ts";
import { reportGroup } from "./report.ts";

/** `parley group leave`. */
export const groupLeave = defineCommand({
  description:
    "You leave with all your devices. This one forgets the group's keys at once and keeps the history; whichever " +
    "member connects next takes your devices out. Where you were the last admin, the user who has been in the " +
    "group for longest becomes one.",
  examples: [{ line: "parley group leave team", does: "Leave a group" }],
  parser: merge(object({ group: groupArgument }), passphraseOptions),
  async execute({ group, ...passphrase }, context) {
    await withClient("group", passphrase, context, async (client) => {
      reportGroup(await client.groups.leave(group), context);
    });
  },
});
