import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { usersArgument } from "./arguments.ts";
import { reportGroup } from "./report.ts";

/** `parley group create`. */
export const groupCreate = defineCommand({
  description:
    "All devices of the users are added. You are the group's admin: admins add and remove users, make others admins " +
    "and give the group its name, which the relay does not learn. Who is added later reads nothing of what was " +
    "said before, who is removed nothing of what is said after.",
  examples: [
    { line: "parley group create team bob carol", does: "Make a group of you, bob and carol" },
  ],
  parser: merge(
    object({
      name: argument(string({ metavar: "NAME" }), { description: message`What to call it` }),
      users: usersArgument(message`Who is to be in it besides you`, 0),
    }),
    passphraseOptions,
  ),
  async execute({ name, users, ...passphrase }, context) {
    await withClient("group", passphrase, context, async (client) => {
      reportGroup(await client.groups.create(name, [...users]), context);
    });
  },
});
