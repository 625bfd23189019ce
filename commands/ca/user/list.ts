import { defineCommand } from "../../command.ts";
import { formatDay } from "../../format_time.ts";
import { caFolderOptions, openCaLog } from "../ca_folder.ts";

/** `parley ca user list`. */
export const caUserList = defineCommand({
  description: "One user a line, with the day on which the password was set.",
  examples: [
    { line: "parley ca user list --dir ca", does: "List the users who have a password" },
  ],
  parser: caFolderOptions,
  execute(values, context) {
    using ca = openCaLog(values, context);
    for (const { user, changedAt } of ca.users.list()) {
      context.out.result(
        { type: "user", user, changedAt },
        `${user}  ${formatDay(changedAt)}`,
      );
    }
    return Promise.resolve();
  },
});
