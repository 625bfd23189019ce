import { InternalError } from "../errors/mod.ts";

/** The parts of a benchmark that run in processes of their own. */
export const PARTS = ["relay", "load"] as const;

/** One of {@link PARTS}. */
export type PartName = typeof PARTS[number];

/** How a part talks with the process that started it: one JSON value a line, in and out. */
export interface PartChannel {
  /** The lines that come in, to their end. */
  readonly lines: AsyncIterableIterator<string>;
  /** Writes a line. */
  write(line: string): void;
}

/** Runs a part until its input ends. */
export async function runPart(name: PartName, channel: PartChannel): Promise<void> {
  if (name === "relay") await (await import("./relay_part.ts")).runRelayPart(channel);
  else await (await import("./load_part.ts")).runLoadPart(channel);
}

/** Reads the next line as JSON. */
export async function readJson<T>(lines: AsyncIterableIterator<string>): Promise<T | undefined> {
  const { value, done } = await lines.next();
  return done ? undefined : JSON.parse(value) as T;
}

/** A part at work, seen from the process that started it. */
export class PartProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterableIterator<string>;

  /**
   * Starts a part.
   *
   * @throws {Deno.errors.NotCapable} where this process may not run the program
   */
  constructor(program: readonly string[], name: PartName) {
    const [command, ...args] = program;
    if (command === undefined) throw new InternalError("no program to start");
    this.#child = new Deno.Command(command, {
      args: [...args, "bench", "--part", name],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = splitLines(this.#child.stdout);
  }

  /**
   * Sends a value and waits for the answer.
   *
   * @throws {InternalError} where the part ended instead
   */
  async ask<T>(value: unknown): Promise<T> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(value) + "\n"));
    const answer = await readJson<T>(this.#lines);
    if (answer === undefined) throw new InternalError("a part of the benchmark ended before its time");
    return answer;
  }

  /** Ends it: its input ends, and whatever still runs after that is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_TIMEOUT_MS);
    await this.#writer.close().catch(() => {}); // it may have ended by itself
    while (!(await this.#lines.next()).done);
    await this.#child.status;
    clearTimeout(timer);
  }
}

const END_TIMEOUT_MS = 10_000;

/** Cuts a stream of bytes into lines. */
export async function* splitLines(stream: AsyncIterable<Uint8Array>): AsyncIterableIterator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
