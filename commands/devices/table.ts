import type { CommandEntry } from "../table.ts";

/** The subcommands of `parley devices`, in the order of the help. */
export const devicesCommands: readonly CommandEntry[] = [
  {
    name: "list",
    brief: "List your devices",
    load: async () => (await import("./list.ts")).devicesList,
  },
  {
    name: "link",
    brief: "Make an invite for another device of yours",
    load: async () => (await import("./link.ts")).devicesLink,
  },
  {
    name: "rename",
    brief: "Say how a device of yours is called",
    load: async () => (await import("./rename.ts")).devicesRename,
  },
  {
    name: "revoke",
    brief: "Shut out a device of yours that is lost",
    load: async () => (await import("./revoke.ts")).devicesRevoke,
  },
];
