import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { parseName } from "../../../lib/pki/mod.ts";
import { defineCommand } from "../../command.ts";
import { passwordOptions, readPassword } from "../../password.ts";
import { caFolderOptions, openCaLog } from "../ca_folder.ts";

/** `parley ca user passwd`. */
export const caUserPasswd = defineCommand({
  description: "Devices that are enrolled keep their certificates.",
  examples: [
    { line: "parley ca user passwd --dir ca alice", does: "Ask for a new password of alice's" },
  ],
  parser: merge(
    caFolderOptions,
    object({ user: argument(string({ metavar: "USER" }), { description: message`The user` }) }),
    passwordOptions,
  ),
  async execute({ user, dir, ...values }, context) {
    const name = parseName(user, "user");
    using ca = openCaLog({ dir }, context);
    await ca.users.setPassword(name, await readPassword(values, context, name, true));
    context.out.result({ type: "user", user: name }, `${name} has a new password`);
  },
});
