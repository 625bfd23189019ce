import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { groupArgument, usersArgument } from "./arguments.ts";
import { reportGroup } from "./report.ts";

/** `parley group remove`. */
export const groupRemove = defineCommand({
  description: "All their devices are removed: they can read nothing that is said from then on. For admins.",
  examples: [{ line: "parley group remove team carol", does: "Remove carol from a group" }],
  parser: merge(
    object({ group: groupArgument, users: usersArgument(message`Whom to remove`) }),
    passphraseOptions,
  ),
  async execute({ group, users, ...passphrase }, context) {
    await withClient("group", passphrase, context, async (client) => {
      reportGroup(await client.groups.remove(group, [...users]), context);
    });
  },
});
