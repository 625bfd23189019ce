import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";
import { groupRecord, headline } from "./report.ts";

/** `parley group list`. */
export const groupList = defineCommand({
  description: "One group a line, by name.",
  examples: [
    { line: "parley group list", does: "List your groups" },
    { line: "parley group list --json", does: "The same for a script, with users and devices" },
  ],
  parser: passphraseOptions,
  async execute(passphrase, context) {
    const groups = await withClient(
      "group",
      passphrase,
      context,
      (client) => Promise.resolve(client.groups.list()),
    );
    for (const group of groups) context.out.result(groupRecord(group), headline(group));
  },
});
