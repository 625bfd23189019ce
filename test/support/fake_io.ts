import type { InputStream, Io, OutputStream, StopSignal } from "../../commands/io.ts";

/** How a {@link FakeIo} begins. */
export interface FakeIoOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** What stands on standard input; without it the input stays open until the test ends it. */
  stdin?: string;
  /** Whether all three streams are a terminal. */
  terminal?: boolean;
  columns?: number;
}

/** An {@link Io} in memory, for running commands within the test's process. */
export class FakeIo implements Io {
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  readonly stdin: FakeInput;
  /** What `readFd` finds. */
  readonly fds = new Map<number, Uint8Array>();
  time = Date.UTC(2026, 0, 2, 3, 4, 5);
  readonly #env: Record<string, string>;
  readonly #cwd: string;
  readonly #stops = new Set<(signal: StopSignal) => void>();

  constructor(options: FakeIoOptions = {}) {
    const { env = {}, cwd = "/nowhere", stdin, terminal = false, columns = 80 } = options;
    this.#env = { HOME: "/nowhere/home", ...env };
    this.#cwd = cwd;
    this.stdout = new FakeOutput(terminal, columns);
    this.stderr = new FakeOutput(terminal, columns);
    this.stdin = new FakeInput(terminal);
    if (stdin !== undefined) {
      this.stdin.type(stdin);
      this.stdin.end();
    }
  }

  env(name: string): string | undefined {
    return this.#env[name];
  }

  cwd(): string {
    return this.#cwd;
  }

  now = (): number => this.time;

  readFd(fd: number, maxBytes: number): Promise<Uint8Array> {
    const bytes = this.fds.get(fd);
    if (bytes === undefined) throw new Deno.errors.NotFound(`no descriptor ${fd}`);
    return Promise.resolve(bytes.subarray(0, maxBytes));
  }

  onStop(handler: (signal: StopSignal) => void): () => void {
    this.#stops.add(handler);
    return () => void this.#stops.delete(handler);
  }

  /** Sends a signal. */
  stop(signal: StopSignal): void {
    for (const handler of [...this.#stops]) handler(signal);
  }

  /** How many listen for signals; a command that is over leaves none. */
  get listeners(): number {
    return this.#stops.size;
  }
}

/** Output that is kept. */
export class FakeOutput implements OutputStream {
  text = "";
  /** Called for each write. */
  onWrite: (text: string) => void = () => {};
  width: number;
  readonly #terminal: boolean;
  readonly #resizes = new Set<() => void>();
  readonly #waiting = new Set<() => void>();

  constructor(terminal: boolean, columns: number) {
    this.#terminal = terminal;
    this.width = columns;
  }

  write(text: string): void {
    this.text += text;
    this.onWrite(text);
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves when `condition` holds after a write. */
  until(condition: (text: string) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (!condition(this.text)) return;
      this.#waiting.delete(check);
      resolve();
    };
    this.#waiting.add(check);
    check();
    return promise;
  }

  isTerminal(): boolean {
    return this.#terminal;
  }

  columns(): number {
    return this.width;
  }

  onResize(handler: () => void): () => void {
    this.#resizes.add(handler);
    return () => void this.#resizes.delete(handler);
  }

  /** Changes the width and tells it. */
  resize(columns: number): void {
    this.width = columns;
    for (const handler of [...this.#resizes]) handler();
  }
}

/** Input that a test types. */
export class FakeInput implements InputStream {
  raw = false;
  readonly #terminal: boolean;
  readonly #stream: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;

  constructor(terminal: boolean) {
    this.#terminal = terminal;
    this.#stream = new ReadableStream({ start: (controller) => void (this.#controller = controller) });
  }

  isTerminal(): boolean {
    return this.#terminal;
  }

  setRaw(raw: boolean): void {
    this.raw = raw;
  }

  chunks(): AsyncIterable<Uint8Array> {
    return this.#stream.values({ preventCancel: true });
  }

  type(text: string): void {
    this.#controller.enqueue(new TextEncoder().encode(text));
  }

  end(): void {
    this.#controller.close();
  }
}
