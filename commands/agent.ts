import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { choice } from "@optique/core/valueparser";
import { type AgentClient, startAgent } from "../lib/agent/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";
import { agentClient, agentFolderOf } from "./agent/keeper.ts";
import { duration } from "./ca/duration.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { path } from "./path_value.ts";
import { printable } from "./printable.ts";

const DEFAULT_TIMEOUT_MS = 15 * 60_000;

/** `parley agent`. */
export const agentCommand = defineCommand({
  description:
    "Keeps keys that other commands have unlocked with a passphrase, so that they need not ask again: every command " +
    "that opens an identity or an authority asks the agent first, and gives it what it has unlocked. Keys are in " +
    "memory only, for this user only, and each is forgotten when it was not used for a while. Without a word " +
    "after it, it runs until Ctrl-C; status, lock and forget talk to the one that runs.",
  examples: [
    {
      line: "parley agent --timeout 1h",
      does: "Keep keys until they were not used for an hour; end the line with & to go on working",
    },
    { line: "parley agent status", does: "Show what is kept, and for how long yet" },
    { line: "parley agent lock", does: "Forget every key now" },
    { line: "parley agent forget ca", does: "Forget the key of the authority in the folder ca" },
  ],
  parser: object({
    timeout: withDefault(
      option("--timeout", duration(), { description: message`Forget a key that was not used for this time` }),
      DEFAULT_TIMEOUT_MS,
    ),
    action: optional(argument(choice(["status", "lock", "forget"], { metavar: "status|lock|forget" }), {
      description: message`What the agent that runs is asked`,
    })),
    folder: optional(argument(path("FOLDER", "directory"), {
      description: message`With forget: the folder that the key belongs to, as status shows it`,
    })),
  }),
  stopsItself: true,
  async execute({ timeout, action, folder }, context) {
    if ((action === "forget") !== (folder !== undefined)) {
      throw new UsageError("bad-arguments", "forget takes a folder, and nothing else does");
    }
    if (action === undefined) return await runAgent(timeout, context);
    const client = agentClient(context);
    if (action === "status") return await showStatus(client, context);
    const forgotten = await client.forget(folder === undefined ? undefined : context.resolve(folder));
    if (forgotten === undefined) throw noAgent();
    context.out.result({ type: "agent-forgot", keys: forgotten }, `forgot ${forgotten}`);
  },
});

async function runAgent(idleMs: number, context: CommandContext): Promise<void> {
  if (idleMs <= 0) throw new UsageError("bad-arguments", "--timeout must be longer than nothing");
  const agent = await startAgent({ folder: agentFolderOf(context), idleMs, now: () => context.io.now() });
  try {
    const { socket } = agent;
    context.out.result({ type: "agent", socket, timeoutMs: idleMs }, `agent at ${printable(socket)}`);
    if (!context.signal.aborted) {
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve, { once: true }));
    }
  } finally {
    await agent.close();
  }
}

async function showStatus(client: AgentClient, { out }: CommandContext): Promise<void> {
  const keys = await client.status();
  if (keys === undefined) throw noAgent();
  if (keys.length === 0 && !out.json) out.note("no key is kept");
  for (const { key, forgottenInMs } of keys) {
    const seconds = Math.ceil(forgottenInMs / 1_000);
    out.result({ type: "agent-key", folder: key, forgottenInMs }, `${printable(key)}  ${seconds} s`);
  }
}

function noAgent(): UsageError {
  return new UsageError("agent-missing", "no agent runs", { hint: "start one with 'parley agent &'" });
}
