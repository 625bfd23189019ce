import type { CommandEntry } from "../../table.ts";

/** The subcommands of `parley ca requests`, in the order of the help. */
export const caRequestsCommands: readonly CommandEntry[] = [
  {
    name: "list",
    brief: "List the requests that wait for approval",
    load: async () => (await import("./list.ts")).caRequestsList,
  },
  {
    name: "approve",
    brief: "Approve a request",
    load: async () => (await import("./approve.ts")).caRequestsApprove,
  },
  {
    name: "deny",
    brief: "Deny a request",
    load: async () => (await import("./deny.ts")).caRequestsDeny,
  },
];
