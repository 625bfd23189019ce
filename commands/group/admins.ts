import { message } from "@optique/core/message";
import { defineUsersCommand } from "./users_command.ts";

/** `parley group promote`. */
export const groupPromote = defineUsersCommand({
  description: "Admins add and remove users, make others admins, and rename the group. For admins.",
  example: { line: "parley group promote team bob", does: "Make bob an admin" },
  users: message`Who is to be an admin`,
  change: (groups, group, users) => groups.setAdmins(group, users, true),
});

/** `parley group demote`. */
export const groupDemote = defineUsersCommand({
  description: "They stay in the group; one admin has to stay an admin. For admins.",
  example: { line: "parley group demote team bob", does: "Make bob a plain member" },
  users: message`Who is to be no admin any more`,
  change: (groups, group, users) => groups.setAdmins(group, users, false),
});
