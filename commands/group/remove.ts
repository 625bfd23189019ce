import { message } from "@optique/core/message";
import { defineUsersCommand } from "./users_command.ts";

/** `parley group remove`. */
export const groupRemove = defineUsersCommand({
  description: "All their devices are removed: they can read nothing that is said from then on. For admins.",
  example: { line: "parley group remove team carol", does: "Remove carol from a group" },
  users: message`Whom to remove`,
  change: (groups, group, users) => groups.remove(group, users),
});
