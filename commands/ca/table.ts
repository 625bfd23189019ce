import type { CommandEntry } from "../table.ts";

/** The subcommands of `parley ca`, in the order of the help. */
export const caCommands: readonly CommandEntry[] = [
  {
    name: "init",
    brief: "Make a certificate authority in a folder",
    load: async () => (await import("./init.ts")).caInit,
  },
  {
    name: "issue",
    brief: "Issue a server certificate with its key",
    load: async () => (await import("./issue.ts")).caIssue,
  },
  {
    name: "invite",
    brief: "Make a one-time invite for a user's device",
    load: async () => (await import("./invite.ts")).caInvite,
  },
  {
    name: "list",
    brief: "List what was issued",
    load: async () => (await import("./list.ts")).caList,
  },
  {
    name: "revoke",
    brief: "Revoke certificates",
    load: async () => (await import("./revoke.ts")).caRevoke,
  },
  {
    name: "crl",
    brief: "Issue a certificate revocation list",
    load: async () => (await import("./crl.ts")).caCrl,
  },
];
