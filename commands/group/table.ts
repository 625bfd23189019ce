import type { CommandEntry } from "../table.ts";

/** The subcommands of `parley group`, in the order of the help. */
export const groupCommands: readonly CommandEntry[] = [
  {
    name: "create",
    brief: "Make a group with others",
    load: async () => (await import("./create.ts")).groupCreate,
  },
  {
    name: "list",
    brief: "List the groups that you are in",
    load: async () => (await import("./list.ts")).groupList,
  },
  {
    name: "show",
    brief: "Show who is in a group, with which devices",
    load: async () => (await import("./show.ts")).groupShow,
  },
  {
    name: "add",
    brief: "Add users to a group",
    load: async () => (await import("./add.ts")).groupAdd,
  },
  {
    name: "remove",
    brief: "Remove users from a group",
    load: async () => (await import("./remove.ts")).groupRemove,
  },
  {
    name: "leave",
    brief: "Leave a group",
    load: async () => (await import("./leave.ts")).groupLeave,
  },
  {
    name: "rename",
    brief: "Give a group another name",
    load: async () => (await import("./rename.ts")).groupRename,
  },
  {
    name: "promote",
    brief: "Make users admins of a group",
    load: async () => (await import("./admins.ts")).groupPromote,
  },
  {
    name: "demote",
    brief: "Make admins of a group plain members",
    load: async () => (await import("./admins.ts")).groupDemote,
  },
  {
    name: "rejoin",
    brief: "Enter a conversation again that this device has lost its place in",
    load: async () => (await import("./rejoin.ts")).groupRejoin,
  },
];
