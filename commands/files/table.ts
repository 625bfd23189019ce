import type { CommandEntry } from "../table.ts";

/** The subcommands of `parley files`, in the order of the help. */
export const filesCommands: readonly CommandEntry[] = [
  {
    name: "list",
    brief: "List files that were sent and received, and those on their way",
    load: async () => (await import("./list.ts")).filesList,
  },
  {
    name: "get",
    brief: "Fetch files and save them",
    load: async () => (await import("./get.ts")).filesGet,
  },
  {
    name: "resume",
    brief: "Go on with sending what was broken off",
    load: async () => (await import("./resume.ts")).filesResume,
  },
  {
    name: "rm",
    brief: "Give up files: the relay need not keep them for this device",
    load: async () => (await import("./rm.ts")).filesRm,
  },
];
