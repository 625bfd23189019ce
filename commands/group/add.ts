import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { groupArgument, usersArgument } from "./arguments.ts";
import { reportGroup } from "./report.ts";

/** `parley group add`. */
export const groupAdd = defineCommand({
  description: "All their devices are added, also those that they get later. For admins of the group.",
  examples: [{ line: "parley group add team dave", does: "Add dave to a group" }],
  parser: merge(
    object({ group: groupArgument, users: usersArgument(message`Whom to add`) }),
    passphraseOptions,
  ),
  async execute({ group, users, ...passphrase }, context) {
    await withClient("group", passphrase, context, async (client) => {
      reportGroup(await client.groups.add(group, [...users]), context);
    });
  },
});
