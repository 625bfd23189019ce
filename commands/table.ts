import type { Command } from "./command.ts";
import type { ProfileVerb } from "./profile/profile_verb.ts";

/** A row of a table of commands: enough to list a command without loading it. */
export interface CommandEntry {
  /** The name as it is typed. */
  readonly name: string;
  /** What it does, one line, no full stop. */
  readonly brief: string;
  /** What it is called where `--profile` makes it a command of a classic system. */
  readonly profileVerb?: ProfileVerb;
  /** Loads the command, or the table of its subcommands. */
  load(): Promise<Command<unknown> | readonly CommandEntry[]>;
}

/** The commands of parley, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: "keygen",
    profileVerb: "keygen",
    brief: "Make a key pair, or show and convert one",
    load: async () => (await import("./keygen.ts")).keygen,
  },
  {
    name: "ca",
    brief: "Run a certificate authority: issue, sign, renew, revoke, verify",
    load: async () => (await import("./ca/table.ts")).caCommands,
  },
  {
    name: "serve",
    profileVerb: "serve",
    brief: "Run the relay, and enrolment where it holds an authority",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "enroll",
    brief: "Enrol this device: with an invite, a password, or the operator's approval",
    load: async () => (await import("./enroll.ts")).enroll,
  },
  {
    name: "send",
    profileVerb: "send",
    brief: "Send a message",
    load: async () => (await import("./send.ts")).send,
  },
  {
    name: "inbox",
    brief: "Print the messages that have arrived",
    load: async () => (await import("./inbox.ts")).inbox,
  },
  {
    name: "connect",
    profileVerb: "connect",
    brief: "Chat, at a terminal or through pipes",
    load: async () => (await import("./connect.ts")).connect,
  },
  {
    name: "group",
    brief: "Groups: create, add, remove, leave, show",
    load: async () => (await import("./group/table.ts")).groupCommands,
  },
  {
    name: "files",
    brief: "Files: list, get, resume, rm",
    load: async () => (await import("./files/table.ts")).filesCommands,
  },
  {
    name: "users",
    brief: "List users: who is online, whom you have verified",
    load: async () => (await import("./users.ts")).users,
  },
  {
    name: "verify",
    brief: "Compare safety numbers with another user",
    load: async () => (await import("./verify.ts")).verify,
  },
  {
    name: "devices",
    brief: "Your own devices: list, link, rename, revoke",
    load: async () => (await import("./devices/table.ts")).devicesCommands,
  },
  {
    name: "status",
    brief: "Show what has become of a message",
    load: async () => (await import("./status.ts")).status,
  },
  {
    name: "history",
    brief: "Print or search what was said",
    load: async () => (await import("./history.ts")).history,
  },
  {
    name: "export",
    brief: "Write a conversation to a file: JSON Lines or HTML",
    load: async () => (await import("./export.ts")).exportCommand,
  },
  {
    name: "purge",
    brief: "Delete old messages from this device",
    load: async () => (await import("./purge.ts")).purge,
  },
  {
    name: "backup",
    brief: "Write this device's identity and history to a file",
    load: async () => (await import("./backup.ts")).backup,
  },
  {
    name: "restore",
    brief: "Make an identity of a backup",
    load: async () => (await import("./restore.ts")).restore,
  },
  {
    name: "bench",
    brief: "Measure cryptography, sessions and a relay on this machine",
    load: async () => (await import("./bench.ts")).bench,
  },
  {
    name: "doctor",
    brief: "Check this machine, its data and its relay",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "agent",
    brief: "Keep unlocked keys for a while: status, lock, forget",
    load: async () => (await import("./agent.ts")).agentCommand,
  },
  {
    name: "man",
    brief: "Print a manual page, or write all of them",
    load: async () => (await import("./man.ts")).man,
  },
  {
    name: "completion",
    brief: "Print a completion script for bash, zsh, fish, pwsh or nu",
    load: async () => (await import("./completion.ts")).completion,
  },
];

/** Tells a table of subcommands from a command. */
export function isTable(
  loaded: Command<unknown> | readonly CommandEntry[],
): loaded is readonly CommandEntry[] {
  return Array.isArray(loaded);
}
