import { type InputStream, type Io, type OutputStream, StoppedError, type StopSignal } from "./io.ts";

/** Returns the {@link Io} of the real process. */
export function systemIo(): Io {
  const stopHandlers = new Set<(signal: StopSignal) => void>();
  const output = (stream: typeof Deno.stdout) =>
    systemOutput(stream, () => stopHandlers.forEach((stop) => stop("SIGPIPE")));
  return {
    stdout: output(Deno.stdout),
    stderr: output(Deno.stderr),
    stdin: new SystemInput(),
    env: (name) => Deno.env.get(name) || undefined,
    cwd: () => Deno.cwd(),
    now: () => Date.now(),
    readFd,
    onStop(handler) {
      stopHandlers.add(handler);
      const unlisten = STOP_SIGNALS.map((signal) => listen(signal, () => handler(signal)));
      return () => {
        stopHandlers.delete(handler);
        unlisten.forEach((stop) => stop());
      };
    },
  };
}

const STOP_SIGNALS = Deno.build.os === "windows"
  ? ["SIGINT"] as const
  : ["SIGHUP", "SIGINT", "SIGTERM"] as const;

function listen(signal: Deno.Signal, handler: () => void): () => void {
  Deno.addSignalListener(signal, handler);
  return () => Deno.removeSignalListener(signal, handler);
}

function systemOutput(stream: typeof Deno.stdout, onClosed: () => void): OutputStream {
  const encoder = new TextEncoder();
  return {
    write(text) {
      try {
        writeAll(stream, encoder.encode(text));
      } catch (error) {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
        onClosed();
        throw new StoppedError("SIGPIPE");
      }
    },
    isTerminal: () => stream.isTerminal(),
    columns: () => stream.isTerminal() && Deno.consoleSize().columns || DEFAULT_COLUMNS,
    onResize: (handler) => Deno.build.os === "windows" ? () => {} : listen("SIGWINCH", handler),
  };
}

/** Also for terminals that do not know their size and say 0. */
const DEFAULT_COLUMNS = 80;

function writeAll(stream: typeof Deno.stdout, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += stream.writeSync(bytes.subarray(at));
    } catch (error) {
      // Another holder of the same pipe or terminal may have made it non-blocking; a synchronous write
      // has no event to wait for then.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

class SystemInput implements InputStream {
  #raw = false;

  isTerminal(): boolean {
    return Deno.stdin.isTerminal();
  }

  setRaw(raw: boolean): void {
    if (raw === this.#raw) return;
    Deno.stdin.setRaw(raw);
    this.#raw = raw;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(64 * 1024);
    for (let n = await Deno.stdin.read(buffer); n !== null; n = await Deno.stdin.read(buffer)) {
      yield buffer.slice(0, n);
    }
  }
}

async function readFd(fd: number, maxBytes: number): Promise<Uint8Array> {
  if (fd === 0) return await readUpTo(Deno.stdin, maxBytes);
  // The runtime opens no descriptor by its number; this path does, on Linux, macOS and the BSDs.
  using file = await Deno.open(`/dev/fd/${fd}`);
  return await readUpTo(file, maxBytes);
}

async function readUpTo(
  reader: { read(into: Uint8Array): Promise<number | null> },
  maxBytes: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(maxBytes);
  let size = 0;
  while (size < maxBytes) {
    const n = await reader.read(bytes.subarray(size));
    if (n === null) break;
    size += n;
  }
  return bytes.subarray(0, size);
}
