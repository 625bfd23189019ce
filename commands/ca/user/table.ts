import type { CommandEntry } from "../../table.ts";

/** The subcommands of `parley ca user`, in the order of the help. */
export const caUserCommands: readonly CommandEntry[] = [
  {
    name: "add",
    brief: "Let a user enrol with a password",
    load: async () => (await import("./add.ts")).caUserAdd,
  },
  {
    name: "passwd",
    brief: "Change a user's password",
    load: async () => (await import("./passwd.ts")).caUserPasswd,
  },
  {
    name: "remove",
    brief: "Take the password from a user",
    load: async () => (await import("./remove.ts")).caUserRemove,
  },
  {
    name: "list",
    brief: "List the users who have a password",
    load: async () => (await import("./list.ts")).caUserList,
  },
];
