import assert from "node:assert/strict";

const LIMIT_MS = 20_000;

/**
 * A program in a real terminal: tmux, driven through its control mode, which tells of every output, so that
 * nothing has to be waited for by the clock.
 */
export class TmuxTerminal implements AsyncDisposable {
  readonly #client: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #socket: string;
  readonly #reading: Promise<void>;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #answers: PromiseWithResolvers<string[]>[] = [];
  #changed = Promise.withResolvers<void>();
  #over = false;

  /** Starts a program in a terminal of that size. */
  constructor(command: string, columns: number, rows: number) {
    this.#socket = `parley-test-${crypto.randomUUID()}`;
    this.#client = new Deno.Command("tmux", {
      args: [
        "-L",
        this.#socket,
        "-f",
        "/dev/null",
        "-C",
        "new-session",
        "-x",
        `${columns}`,
        "-y",
        `${rows}`,
        command,
      ],
      env: { TERM: "xterm-256color", LC_ALL: "C.UTF-8", NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#client.stdin.getWriter();
    // The first answer is that to new-session itself.
    this.#answers.push(Promise.withResolvers());
    this.#reading = this.#read();
    this.#timer = setTimeout(() => this.#client.kill("SIGKILL"), LIMIT_MS);
  }

  /** Gives tmux a command and returns the lines of its answer. */
  async ask(command: string): Promise<string[]> {
    const answer = Promise.withResolvers<string[]>();
    this.#answers.push(answer);
    await this.#writer.write(new TextEncoder().encode(command + "\n"));
    return await answer.promise;
  }

  /** Presses keys, by tmux's names. */
  async press(...keys: string[]): Promise<void> {
    await this.ask(`send-keys ${keys.join(" ")}`);
  }

  /** Types text. */
  async type(text: string): Promise<void> {
    await this.ask(`send-keys -l '${text}'`);
  }

  /** Makes the terminal that wide. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.ask(`resize-window -x ${columns} -y ${rows}`);
  }

  /** The process that runs in the terminal. */
  async pid(): Promise<number> {
    return Number((await this.ask("display-message -p '#{pane_pid}'"))[0]);
  }

  /** Waits until the rows that are not empty are as expected. */
  async shows(matches: (rows: string[]) => boolean): Promise<string[]> {
    for (;;) {
      const changed = this.#changed.promise;
      const rows = (await this.ask("capture-pane -p")).map((row) => row.trimEnd()).filter((row) =>
        row !== ""
      );
      if (matches(rows)) return rows;
      await changed;
      if (this.#over) assert.fail(`the terminal is gone and showed\n${rows.join("\n")}`);
    }
  }

  /** Waits until the program and with it the terminal has ended. */
  async ended(): Promise<void> {
    await this.#reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#over) await this.ask("kill-server").catch(() => {}); // it may end before it answers
    await this.#reading;
    await this.#writer.close().catch(() => {}); // tmux has gone
    await this.#client.status;
  }

  async #read(): Promise<void> {
    let answer: string[] | undefined;
    for await (const line of linesOf(this.#client.stdout)) {
      if (line.startsWith("%begin ")) answer = [];
      else if (line.startsWith("%end ") || line.startsWith("%error ")) {
        this.#answers.shift()?.resolve(answer ?? []);
        answer = undefined;
      } else if (answer !== undefined) answer.push(line);
      else this.#wake();
    }
    this.#over = true;
    for (const waiting of this.#answers.splice(0)) waiting.reject(new Error("tmux has ended"));
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
