/** The command line that starts this very program again, to be followed by its arguments. */
export function ownProgram(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const permissions = ["--allow-read", "--allow-write", "--allow-net", "--allow-env"];
  return [Deno.execPath(), "run", "--no-prompt", ...permissions, Deno.mainModule];
}
