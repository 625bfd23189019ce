import { InternalError } from "../errors/mod.ts";

/** The parts of a benchmark that run in processes of their own. */
export const PARTS = ["relay", "load", "profile", "profile-load", "file"] as const;

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
  const run = await LOADERS[name]();
  await run(channel);
}

const LOADERS: Record<PartName, () => Promise<(channel: PartChannel) => Promise<void>>> = {
  "relay": async () => (await import("./relay_part.ts")).runRelayPart,
  "load": async () => (await import("./load_part.ts")).runLoadPart,
  "profile": async () => (await import("./profile_part.ts")).runProfilePart,
  "profile-load": async () => (await import("./profile_part.ts")).runProfileLoadPart,
  "file": async () => (await import("./file_part.ts")).runFilePart,
};

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
   * @throws the reason of the signal; the part cannot be asked anything after that
   */
  async ask<T>(value: unknown, signal?: AbortSignal): Promise<T> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(value) + "\n"));
    const answer = await orAborted(readJson<T>(this.#lines), signal);
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

async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

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
