import { join } from "node:path";
import { StorageError } from "../errors/mod.ts";

/** The folder of the agent's socket: `parley` in the user's runtime folder, or `agent` in the data folder. */
export function agentFolder(runtimeFolder: string | undefined, home: string): string {
  return runtimeFolder === undefined ? join(home, "agent") : join(runtimeFolder, "parley");
}

/** The socket in an agent's folder. */
export function agentSocket(folder: string): string {
  return join(folder, "agent.sock");
}

/**
 * Whether an agent's folder is there. One that others could enter is refused, for whoever can make a socket in
 * it could play the agent.
 *
 * @throws {StorageError} `agent-folder-open`
 */
export function hasAgentFolder(folder: string): boolean {
  try {
    const { isDirectory, mode } = Deno.lstatSync(folder);
    if (isDirectory && ((mode ?? 0o700) & 0o077) === 0) return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  throw new StorageError("agent-folder-open", `others may enter the agent's folder ${folder}`, {
    hint: `it has to be a folder of mode 0700: chmod 700 ${folder}`,
  });
}
