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
    profileVerb: "ca issue",
    brief: "Issue a server certificate with its key",
    load: async () => (await import("./issue.ts")).caIssue,
  },
  {
    name: "sign",
    brief: "Sign a certificate request",
    load: async () => (await import("./sign.ts")).caSign,
  },
  {
    name: "renew",
    brief: "Issue a new certificate for the same key and names",
    load: async () => (await import("./renew.ts")).caRenew,
  },
  {
    name: "invite",
    brief: "Make a one-time invite for a user's device",
    load: async () => (await import("./invite.ts")).caInvite,
  },
  {
    name: "user",
    brief: "Users who may enrol with a password: add, passwd, remove, list",
    load: async () => (await import("./user/table.ts")).caUserCommands,
  },
  {
    name: "requests",
    brief: "Devices that ask to be enrolled: list, approve, deny",
    load: async () => (await import("./requests/table.ts")).caRequestsCommands,
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
  {
    name: "show",
    brief: "Show a certificate, request, revocation list or key",
    load: async () => (await import("./show.ts")).caShow,
  },
  {
    name: "verify",
    brief: "Verify a chain, and say which check failed",
    load: async () => (await import("./verify.ts")).caVerify,
  },
  {
    name: "export",
    brief: "Write certificates and keys as PEM or PKCS#12",
    load: async () => (await import("./export.ts")).caExport,
  },
];
