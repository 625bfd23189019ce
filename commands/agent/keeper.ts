import { isAbsolute } from "node:path";
import { AgentClient, agentFolder, type Secrets } from "../../lib/agent/mod.ts";
import type { CommandContext } from "../command.ts";

/** Where the agent's socket is for this process. */
export function agentFolderOf({ io, home }: CommandContext): string {
  const runtime = io.env("XDG_RUNTIME_DIR");
  // The XDG specification asks to ignore a relative path.
  return agentFolder(runtime !== undefined && isAbsolute(runtime) ? runtime : undefined, home);
}

/** Talks to the agent of this user. */
export function agentClient(context: CommandContext): AgentClient {
  return new AgentClient(agentFolderOf(context));
}

/** Keeps a folder's unlocked keys with the agent, where one runs. */
export function keeperOf(
  folder: string,
  context: CommandContext,
): { recall: () => Promise<Secrets | undefined>; keep: (secrets: Secrets) => Promise<void> } {
  const client = agentClient(context);
  return { recall: () => client.get(folder), keep: (secrets) => client.put(folder, secrets) };
}
