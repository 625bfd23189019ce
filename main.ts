import type { Io } from "./commands/io.ts";
import config from "./deno.json" with { type: "json" };

export type { InputStream, Io, OutputStream, StopSignal } from "./commands/io.ts";

/**
 * Runs parley with the given arguments and returns the exit code. Everything that the run touches of the
 * process goes through `io`, so tests run it in their own process.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    io.stdout.write(`parley ${config.version}\n`);
    return 0;
  }
  const { dispatch } = await import("./commands/dispatch.ts");
  return await dispatch(args, io);
}

/** The code of an internal error; the table of codes may be what cannot be loaded. */
const UNREPORTED = 70;

async function main(): Promise<never> {
  const { systemIo } = await import("./commands/system_io.ts");
  const io = systemIo();
  const fail = async (error: unknown): Promise<number> => {
    const { reportFailure } = await import("./commands/failure.ts");
    return reportFailure(io, false, error);
  };
  const exit = (code: number): never => {
    io.stdin.setRaw(false);
    Deno.exit(code); // output is written synchronously, so nothing is left to flush
  };
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    // What cannot even be reported must not come back here as the next rejection, for ever.
    fail(event.reason).then(exit, () => exit(UNREPORTED));
  });
  return exit(await run(Deno.args, io).catch(fail));
}

if (import.meta.main) await main();
