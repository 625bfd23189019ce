import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { groupArgument, usersArgument } from "./arguments.ts";
import { reportGroup } from "./report.ts";

/** `parley group promote`. */
export const groupPromote = defineCommand({
  description: "Admins add and remove users, make others admins, and rename the group. For admins.",
  examples: [{ line: "parley group promote team bob", does: "Make bob an admin" }],
  parser: merge(
    object({ group: groupArgument, users: usersArgument(message`Who is to be an admin`) }),
    passphraseOptions,
  ),
  async execute({ group, users, ...passphrase }, context) {
    await withClient("group", passphrase, context, async (client) => {
      reportGroup(await client.groups.setAdmins(group, [...users], true), context);
    });
  },
});

/** `parley group demote`. */
export const groupDemote = defineCommand({
  description: "They stay in the group; one admin has to stay an admin. For admins.",
  examples: [{ line: "parley group demote team bob", does: "Make bob a plain member" }],
  parser: merge(
    object({ group: groupArgument, users: usersArgument(message`Who is to be no admin any more`) }),
    passphraseOptions,
  ),
  async execute({ group, users, ...passphrase }, context) {
    await withClient("group", passphrase, context, async (client) => {
      reportGroup(await client.groups.setAdmins(group, [...users], false), context);
    });
  },
});
