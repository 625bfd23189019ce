import type {
  Client,
  FilesMessage,
  FileToSend,
  SendFilesOptions,
  SentMessage,
} from "../../lib/client/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import type { CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { shortId } from "../message_lines.ts";
import { type NamedProgress, TransferBar } from "./transfer_progress.ts";

/** Sends files with a bar; where Ctrl-C ends it, says how to go on. The client must be connected. */
export async function sendFiles(
  client: Client,
  conversation: string,
  { sources, ...message }: FilesMessage & { sources: FileToSend[] },
  context: CommandContext,
): Promise<SentMessage> {
  const { outgoing } = client.files;
  return await shown(context, (options) => outgoing.send(conversation, sources, { ...options, ...message }));
}

/** Goes on with files likewise. */
export function resumeFiles(client: Client, id: string, context: CommandContext): Promise<SentMessage> {
  return shown(context, (options) => client.files.outgoing.resume(id, options));
}

async function shown(
  context: CommandContext,
  work: (options: SendFilesOptions) => Promise<SentMessage>,
): Promise<SentMessage> {
  const { out, signal } = context;
  using bar = new TransferBar(context);
  let leftOut = 0;
  let last: NamedProgress | undefined;
  // The command ends at once: what it leaves is what a crash would leave, and just as good.
  const onStop = () => {
    out.note(
      last?.phase === "spooling"
        ? "stopped: the input was not read to its end, so nothing was sent"
        : "stopped: 'parley files resume' goes on with it",
    );
  };
  signal.addEventListener("abort", onStop);
  try {
    const sent = await work({
      signal,
      onProgress: (progress) => bar.show(last = progress),
      onLeftOut: () => void leftOut++,
    });
    if (leftOut > 0) out.note(`${leftOut} links or devices were left out`);
    return sent;
  } finally {
    signal.removeEventListener("abort", onStop);
  }
}

/**
 * Finishes what an earlier command has left just before its end, and tells of files whose sending was broken off, so that
 * they are not forgotten. What goes wrong with them is no failure of this command.
 */
export async function settleFiles(client: Client, { out, signal }: CommandContext): Promise<void> {
  const { outgoing } = client.files;
  try {
    await client.files.settle(signal);
    for (const { id, files, busy, lost } of await outgoing.pending()) {
      if (busy) continue;
      const names = files.map(({ name }) => printable(name)).join(", ");
      if (!lost) out.note(`not sent yet: ${names}; 'parley files resume ${shortId(id)}' goes on`);
      else {
        out.note(`not sent: ${names}; what came through standard input was not read to its end`);
        await outgoing.discard(id);
      }
    }
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    out.note(`files: ${printable(error.message)}`);
  }
}
