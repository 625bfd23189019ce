import { UsageError } from "../../lib/errors/mod.ts";

/**
 * The settings of V8 that the task has which runs the program from its source. Of each read of a socket there is a
 * buffer to be collected; below 64 MiB V8 would collect the whole heap for it, 30 times in an upload of 1 GiB.
 */
export const V8_FLAGS = "--v8-flags=--initial-old-space-size=64";

/** The command line that starts this very program again, to be followed by its arguments. */
export function ownProgram(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const permissions = [
    "--allow-read",
    "--allow-write",
    "--allow-net",
    "--allow-env",
    "--allow-sys=statfs",
  ];
  return [Deno.execPath(), "run", V8_FLAGS, "--no-prompt", ...permissions, Deno.mainModule];
}

/**
 * Checks that this program may start itself: whoever runs it from its source decides that.
 *
 * @throws {UsageError} run-forbidden
 */
export function assertMayStartItself(): void {
  const { state } = Deno.permissions.querySync({ name: "run", command: Deno.execPath() });
  if (state === "granted") return;
  throw new UsageError("run-forbidden", "this benchmark needs several processes and may start none", {
    hint: "run it as deno task bench, or give Deno --allow-run; parley bench crypto needs one process",
  });
}
