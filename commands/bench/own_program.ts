import { UsageError } from "../../lib/errors/mod.ts";

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
  return [Deno.execPath(), "run", "--no-prompt", ...permissions, Deno.mainModule];
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
