import { merge, object } from "@optique/core/constructs";
import type { Message } from "@optique/core/message";
import type { Groups, GroupSummary } from "../../lib/client/mod.ts";
import { defineCommand, type Example } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { groupArgument, usersArgument } from "./arguments.ts";
import { reportGroup } from "./report.ts";

/** What a command does with users of a group. */
export interface UsersCommandOptions {
  /** One or more sentences for the command's help. */
  readonly description: string;
  /** How it is used. */
  readonly example: Example;
  /** What the help says of the users. */
  readonly users: Message;
  /** Does it. */
  readonly change: (groups: Groups, group: string, users: string[]) => Promise<GroupSummary>;
}

/** Declares a command that does something with users of a group and prints the group as it is then. */
export function defineUsersCommand({ description, example, users, change }: UsersCommandOptions) {
  return defineCommand({
    description,
    examples: [example],
    parser: merge(object({ group: groupArgument, users: usersArgument(users) }), passphraseOptions),
    async execute({ group, users, ...passphrase }, context) {
      await withClient("group", passphrase, context, async (client) => {
        reportGroup(await change(client.groups, group, [...users]), context);
      });
    },
  });
}
