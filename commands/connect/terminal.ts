import { abortPromise } from "../abort_promise.ts";
import type { CommandContext } from "../command.ts";
import { type Io, StoppedError } from "../io.ts";
import { KeyDecoder } from "../terminal/key_decoder.ts";
import { type EditorEvent, LineEditor } from "../terminal/line_editor.ts";
import { Chat, describeFailure } from "./chat.ts";
import { chatOverPipes } from "./pipe.ts";
import type { ChatSession } from "./session.ts";
import { formatPrompt, TerminalView } from "./terminal_view.ts";

/**
 * Holds a chat until the person or the input ends it, then closes the session. At a terminal the line that
 * is being typed stays intact while messages arrive; over pipes, or with `--json`, lines are plain.
 *
 * @throws {StoppedError} SIGINT on Ctrl-C, or the signal that ended it
 * @throws {ParleyError} where the session cannot go on, over pipes also where a line cannot be sent
 */
export async function holdChat(session: ChatSession, context: CommandContext): Promise<void> {
  const { stdin, stdout } = context.io;
  const interactive = stdin.isTerminal() && stdout.isTerminal() && !context.options.json;
  return await (interactive ? chatAtTerminal(session, context) : chatOverPipes(session, context));
}

// Bracketed paste: pasted lines come as one text instead of as so many presses of Enter.
const PASTE_ON = "\x1b[?2004h";
const PASTE_OFF = "\x1b[?2004l";

async function chatAtTerminal(session: ChatSession, context: CommandContext): Promise<void> {
  const { io, out, signal } = context;
  const editor = new LineEditor(io.stdout, formatPrompt(session.peer, 0));
  const view = new TerminalView(session, editor, out.style, io.now);
  const chat = new Chat(session, view, { filesInBackground: true });
  using stopped = abortPromise(signal);
  try {
    await inRawTerminal(io, editor, async () => {
      view.notice(greeting(session));
      const typing = typeLines(io.stdin.chunks(), editor, chat, view);
      await Promise.race([typing, chat.follow(), stopped.promise]);
    });
  } finally {
    await session.close();
  }
}

async function inRawTerminal(
  { stdin, stdout }: Io,
  editor: LineEditor,
  work: () => Promise<void>,
): Promise<void> {
  const unlisten = stdout.onResize(() => editor.resized());
  stdin.setRaw(true);
  try {
    stdout.write(PASTE_ON);
    await work();
  } finally {
    unlisten();
    stdin.setRaw(false);
    editor.leave();
    stdout.write(PASTE_OFF);
  }
}

function greeting({ self, peer }: ChatSession): string {
  const whom = peer === undefined ? "/msg USER TEXT writes to someone" : `talking to ${peer}`;
  return `you are ${self.user}/${self.device}, ${whom}; /help lists the commands`;
}

/**
 * Takes lines one after the other while typing goes on, until the person leaves; waits then for the lines
 * that were entered, unless Ctrl-C ends that too.
 */
async function typeLines(
  chunks: AsyncIterable<Uint8Array>,
  editor: LineEditor,
  chat: Chat,
  view: TerminalView,
): Promise<void> {
  const left = Promise.withResolvers<void>();
  let work: Promise<void> = Promise.resolve();
  const take = async (line: string): Promise<void> => {
    try {
      if (await chat.take(line) === "quit") left.resolve();
    } catch (error) {
      view.notice(`error: ${describeFailure(error)}`);
    }
  };
  const reading = readKeys(chunks, editor, (event) => {
    if (event === "interrupt") throw new StoppedError("SIGINT");
    if (event === "end-of-input") left.resolve();
    else work = work.then(() => take(event.line));
  });
  const finished = left.promise.then(() => work);
  await Promise.race([finished, reading.then(() => finished)]);
}

async function readKeys(
  chunks: AsyncIterable<Uint8Array>,
  editor: LineEditor,
  onEvent: (event: EditorEvent) => void,
): Promise<void> {
  const decoder = new KeyDecoder();
  for await (const chunk of chunks) {
    for (const key of decoder.decode(chunk)) {
      const event = editor.press(key);
      if (event !== undefined) onEvent(event);
    }
  }
  onEvent("end-of-input");
}
