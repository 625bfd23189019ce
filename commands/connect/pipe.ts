import { abortPromise } from "../abort_promise.ts";
import type { CommandContext } from "../command.ts";
import { readLines } from "../input.ts";
import { Chat } from "./chat.ts";
import { PipeView } from "./pipe_view.ts";
import type { ChatSession } from "./session.ts";

const MAX_LINE_CHARS = 1 << 18;

/**
 * Holds a chat over pipes: lines in are sent in order, one after the other; lines out are one message each.
 * At the end of input it waits until the relay has everything on disk.
 *
 * @throws {ParleyError} the first failure to send; what follows it is not sent
 */
export async function chatOverPipes(session: ChatSession, context: CommandContext): Promise<void> {
  using stopped = abortPromise(context.signal);
  const chat = new Chat(session, new PipeView(context));
  const following = chat.follow();
  const typing = sendLines(chat, session, context);
  try {
    await Promise.race([typing, following.then(() => typing), stopped.promise]);
  } finally {
    await session.close();
  }
  await following;
}

async function sendLines(chat: Chat, session: ChatSession, { io }: CommandContext): Promise<void> {
  for await (const line of readLines(io.stdin, MAX_LINE_CHARS)) {
    if (await chat.take(line) === "quit") break;
  }
  await session.flushed();
}
