import { type Io, StoppedError } from "./io.ts";
import { KeyDecoder } from "./terminal/key_decoder.ts";
import { LineBuffer } from "./terminal/line_buffer.ts";

/**
 * Asks for a secret at the terminal: the prompt on standard error, nothing echoed. Backspace, Ctrl-U and
 * Ctrl-W edit.
 *
 * @throws {StoppedError} SIGINT on Ctrl-C, and at the end of input
 */
export async function promptSecret(io: Io, label: string): Promise<string> {
  const { stdin, stderr } = io;
  stderr.write(label);
  stdin.setRaw(true);
  try {
    return await readSecret(stdin.chunks());
  } finally {
    stdin.setRaw(false);
    stderr.write("\n");
  }
}

async function readSecret(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new KeyDecoder();
  const line = new LineBuffer();
  for await (const chunk of chunks) {
    for (const key of decoder.decode(chunk)) {
      if ("text" in key) line.insert(key.text);
      else if (key.key === "enter") return line.text;
      else if (key.key === "backspace") line.backspace();
      else if (key.key === "delete-to-start") line.deleteToStart();
      else if (key.key === "delete-word") line.deleteWord();
      else if (key.key === "interrupt" || key.key === "end-of-input") throw new StoppedError("SIGINT");
    }
  }
  throw new StoppedError("SIGINT");
}
