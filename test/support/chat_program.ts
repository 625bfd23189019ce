import { holdChat } from "../../commands/connect/terminal.ts";
import { defineCommand } from "../../commands/command.ts";
import { runCommand } from "../../commands/run_command.ts";
import { reportFailure } from "../../commands/failure.ts";
import { systemIo } from "../../commands/system_io.ts";
import { object } from "@optique/core/constructs";
import { messageFromBob, ScriptedSession } from "./scripted_session.ts";

/**
 * The chat of `parley connect` as a real process over a scripted session, for tests at a real terminal. Bob
 * answers each line with `got: …`; the lines `offline` and `online` change the connection instead; SIGUSR2
 * makes bob interrupt.
 */
class EchoSession extends ScriptedSession {
  override send(to: string, text: string): Promise<{ id: string; status: string }> {
    const result = super.send(to, text);
    if (text === "offline" || text === "online") this.push({ type: "connection", state: text });
    else this.push(messageFromBob(`got: ${text}`));
    return result;
  }
}

const io = systemIo();
const session = new EchoSession("bob");
Deno.addSignalListener("SIGUSR2", () => session.push(messageFromBob("interrupting\n\x1b[2Jyou")));
const connect = defineCommand({
  examples: [{ line: "parley connect bob", does: "Talk to bob" }],
  parser: object({}),
  stopsItself: true,
  execute: (_values, context) => holdChat(session, context),
});
const code = await runCommand("parley connect", "Chat", connect, Deno.args, io)
  .catch((error) => reportFailure(io, false, error));
io.stdin.setRaw(false);
Deno.exit(code);
