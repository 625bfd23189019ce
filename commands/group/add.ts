import { message } from "@optique/core/message";
import { defineUsersCommand } from "./users_command.ts";

/** `parley group add`. */
export const groupAdd = defineUsersCommand({
  description: "All their devices are added, also those that they get later. For admins of the group.",
  example: { line: "parley group add team dave", does: "Add dave to a group" },
  users: message`Whom to add`,
  change: (groups, group, users) => groups.add(group, users),
});
