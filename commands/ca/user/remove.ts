import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { parseName } from "../../../lib/pki/mod.ts";
import { defineCommand } from "../../command.ts";
import { caFolderOptions, openCaLog } from "../ca_folder.ts";

/** `parley ca user remove`. */
export const caUserRemove = defineCommand({
  description:
    "The user cannot enrol further devices with the password. Those that are enrolled stay: parley ca revoke " +
    "ends them.",
  examples: [
    { line: "parley ca user remove --dir ca alice", does: "Take the password from alice" },
  ],
  parser: merge(
    caFolderOptions,
    object({ user: argument(string({ metavar: "USER" }), { description: message`The user` }) }),
  ),
  execute({ user, dir }, context) {
    const name = parseName(user, "user");
    using ca = openCaLog({ dir }, context);
    ca.users.remove(name);
    context.out.result({ type: "user-removed", user: name }, `${name} has no password any more`);
    return Promise.resolve();
  },
});
