import { abortPromise } from "../abort_promise.ts";
import type { CommandContext } from "../command.ts";
import { readLines } from "../input.ts";
import { Chat } from "./chat.ts";
import { PipeView } from "./pipe_view.ts";
import { parseChatLine } from "./chat_line.ts";
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

/** Lines that are on their way at once: they share transactions and round trips. */
const MAX_LINES_UNDER_WAY = 256;

async function sendLines(chat: Chat, session: ChatSession, { io }: CommandContext): Promise<void> {
  const underWay: Promise<unknown>[] = [];
  for await (const line of readLines(io.stdin, MAX_LINE_CHARS)) {
    if (isText(line)) {
      const taken = chat.take(line);
      taken.catch(() => {}); // it is awaited below, in its turn
      underWay.push(taken);
      if (underWay.length >= MAX_LINES_UNDER_WAY) await underWay.shift();
      continue;
    }
    await Promise.all(underWay.splice(0));
    if (await chat.take(line) === "quit") break;
  }
  await Promise.all(underWay);
  await session.flushed();
}

function isText(line: string): boolean {
  return ["send", "message"].includes(parseChatLine(line).type);
}
