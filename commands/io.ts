/**
 * Everything that a command may touch of the process that it runs in. Tests pass their own; the real one
 * is made by `system_io.ts`.
 */
export interface Io {
  /** Results. */
  readonly stdout: OutputStream;
  /** Diagnostics and prompts. */
  readonly stderr: OutputStream;
  /** What is typed or piped in. */
  readonly stdin: InputStream;
  /** Reads an environment variable; an empty one counts as not set. */
  env(name: string): string | undefined;
  /** The folder that relative paths start from. */
  cwd(): string;
  /** The time in milliseconds since 1970. */
  now(): number;
  /** Reads an open file descriptor to its end, at most `maxBytes`. */
  readFd(fd: number, maxBytes: number): Promise<Uint8Array>;
  /** Calls `handler` for each signal that asks to stop, Ctrl-C among them, until the result is called. */
  onStop(handler: (signal: StopSignal) => void): () => void;
}

/** Standard output or standard error. */
export interface OutputStream {
  /**
   * Writes text, blocking until the system has taken all of it.
   *
   * @throws {StoppedError} SIGPIPE where the reader is gone (`parley … | head`)
   */
  write(text: string): void;
  /** Whether a person reads along. */
  isTerminal(): boolean;
  /** The width in columns; 80 where there is no terminal. */
  columns(): number;
  /** Calls `handler` each time the terminal changes its size, until the result is called. */
  onResize(handler: () => void): () => void;
}

/** Standard input. */
export interface InputStream {
  /** Whether a person types. */
  isTerminal(): boolean;
  /** Turns the terminal's own echo and line editing off or on again. */
  setRaw(raw: boolean): void;
  /**
   * The bytes as they arrive, to the end of input. Leaving the loop keeps what follows for the next
   * reader.
   */
  chunks(): AsyncIterable<Uint8Array>;
}

/** A signal that asks the process to stop. */
export type StopSignal = "SIGHUP" | "SIGINT" | "SIGPIPE" | "SIGTERM";

/**
 * The command ends because a signal asked for it (or Ctrl-C at a prompt, or nobody reads the output any
 * more). No failure: nothing is reported, the exit code is 128 plus the signal's number.
 */
export class StoppedError extends Error {
  /** What asked to stop. */
  readonly signal: StopSignal;

  /** Creates the error. */
  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.name = "StoppedError";
    this.signal = signal;
  }
}
