import { isAbsolute, join, resolve } from "node:path";
import { UsageError } from "../lib/errors/mod.ts";
import type { Io } from "./io.ts";

/**
 * Finds the data folder: `--home`, then PARLEY_HOME, then `parley` in the XDG data folder (on Windows in
 * the application data folder). Returns an absolute path; the folder need not exist.
 *
 * @throws {UsageError} no-home
 */
export function dataHome(io: Io, given: string | undefined): string {
  const chosen = given ?? io.env("PARLEY_HOME");
  if (chosen !== undefined) return resolve(io.cwd(), chosen);
  const xdg = io.env("XDG_DATA_HOME");
  // The XDG specification asks to ignore a relative path here.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "parley");
  const local = io.env("LOCALAPPDATA");
  if (local !== undefined) return join(local, "parley");
  const home = io.env("HOME");
  if (home !== undefined) return join(home, ".local", "share", "parley");
  throw new UsageError("no-home", "cannot tell where to keep data: HOME is not set", {
    hint: "give the folder with --home DIR or PARLEY_HOME",
  });
}
