import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };

/** How one run of parley ended. */
export interface Ended {
  /** The exit code. */
  code: number;
  /** Standard output. */
  stdout: string;
  /** Standard error. */
  stderr: string;
}

/** No process of a test may run longer. */
const LIMIT_MS = 60_000;
const root = fileURLToPath(new URL("../../", import.meta.url));
/** An executable to run in place of the sources. */
const executable = Deno.env.get("PARLEY_EXECUTABLE");
/** The arguments of `deno` in the task that users run, with the permissions that they get. */
const denoArguments = executable !== undefined
  ? []
  : config.tasks.parley.split(" ").slice(1).map((one) => one === "main.ts" ? `${root}main.ts` : one);

/** A process of parley that runs. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: string[] = [];
  readonly #reading: Promise<void>;
  readonly #stderr: Promise<string>;
  readonly #timer: ReturnType<typeof setTimeout>;
  #arrived = Promise.withResolvers<void>();
  #over = false;

  /** Starts `parley` with the arguments; `home` becomes PARLEY_HOME. */
  constructor(args: string[], home: string) {
    this.#child = new Deno.Command(executable ?? Deno.execPath(), {
      args: [...denoArguments, ...args],
      // Empty, so that no agent of whoever runs the tests is asked.
      env: { PARLEY_HOME: home, NO_COLOR: "1", XDG_RUNTIME_DIR: "" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#stderr = new Response(this.#child.stderr).text();
    this.#reading = this.#readLines();
    this.#timer = setTimeout(() => this.kill("SIGKILL"), LIMIT_MS);
  }

  /** The number of the process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The lines of standard output until now. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Waits for a line of standard output that `matches`, among those that came and those that will. */
  async line(matches: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = this.#lines.find(matches);
      if (found !== undefined) return found;
      if (this.#over) assert.fail(`the process ended without the line: ${await this.#stderr}`);
      await this.#arrived.promise;
    }
  }

  /** Waits until that many lines have come. */
  async count(lines: number): Promise<void> {
    while (this.#lines.length < lines) {
      if (this.#over) {
        assert.fail(`the process ended after ${this.#lines.length} lines: ${await this.#stderr}`);
      }
      await this.#arrived.promise;
    }
  }

  /** Types a line. */
  async type(line: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(line + "\n"));
  }

  /** Ends standard input. */
  async endInput(): Promise<void> {
    await this.#writer.close().catch(() => {}); // the process may have gone before its input ended
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
  }

  /** Waits for the end. */
  async ended(): Promise<Ended> {
    await this.#reading;
    const { code } = await this.#child.status;
    clearTimeout(this.#timer);
    await this.endInput();
    return { code, stdout: this.#lines.map((line) => line + "\n").join(""), stderr: await this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.ended();
  }

  async #readLines(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      this.#lines.push(...lines);
      this.#wake();
    }
    if (rest !== "") this.#lines.push(rest);
    this.#over = true;
    this.#wake();
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }
}

/** Runs parley to its end. */
export async function parley(args: string[], home: string, stdin?: string): Promise<Ended> {
  const process = new Running(args, home);
  if (stdin !== undefined) await process.type(stdin);
  await process.endInput();
  return await process.ended();
}

/** Runs parley with `--json` and returns the objects that it prints; it has to succeed. */
export async function parleyJson(args: string[], home: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await parley([...args, "--json"], home);
  assert.equal(code, 0, `parley ${args.join(" ")}: ${stderr}`);
  return parseLines(stdout);
}

/** Parses JSON lines. */
export function parseLines(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** The code of the error that parley printed on standard error with `--json`. */
export function errorCode(stderr: string): unknown {
  return JSON.parse(stderr.split("\n").find((line) => line.startsWith("{"))!).code;
}
