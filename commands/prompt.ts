import { type InputStream, type Io, StoppedError } from "./io.ts";
import { type Key, KeyDecoder } from "./terminal/key_decoder.ts";
import { LineBuffer } from "./terminal/line_buffer.ts";

/**
 * Asks for secrets at the terminal, one after the other: the prompts on standard error, nothing echoed. All
 * are asked in one go so that an answer that is typed ahead is not lost. Backspace, Ctrl-U and Ctrl-W edit.
 *
 * @throws {StoppedError} SIGINT on Ctrl-C, and at the end of input
 */
export async function promptSecrets(io: Io, labels: readonly string[]): Promise<string[]> {
  const { stdin, stderr } = io;
  const secrets: string[] = [];
  const keys = readKeys(stdin);
  stdin.setRaw(true);
  try {
    for (const label of labels) {
      stderr.write(label);
      secrets.push(await readSecret(keys).finally(() => stderr.write("\n")));
    }
    return secrets;
  } finally {
    stdin.setRaw(false);
    await keys.return();
  }
}

async function* readKeys(stdin: InputStream): AsyncGenerator<Key, void> {
  const decoder = new KeyDecoder();
  for await (const chunk of stdin.chunks()) yield* decoder.decode(chunk);
}

async function readSecret(keys: AsyncGenerator<Key, void>): Promise<string> {
  const line = new LineBuffer();
  for (;;) {
    const { value: key } = await keys.next();
    if (key === undefined) throw new StoppedError("SIGINT");
    if ("text" in key) line.insert(key.text);
    else if (key.key === "enter") return line.text;
    else if (key.key === "backspace") line.backspace();
    else if (key.key === "delete-to-start") line.deleteToStart();
    else if (key.key === "delete-word") line.deleteWord();
    else if (key.key === "interrupt" || key.key === "end-of-input") throw new StoppedError("SIGINT");
  }
}
