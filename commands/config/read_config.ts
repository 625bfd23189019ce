import { isAbsolute, join } from "node:path";
import { UsageError } from "../../lib/errors/mod.ts";
import type { Io } from "../io.ts";
import { type ConfigEntry, parseConfig } from "./parse_config.ts";

/** A place where a configuration file may be. */
export interface ConfigPlace {
  /** Whose it is. */
  readonly kind: "project" | "user" | "system";
  /** Where it is. */
  readonly path: string;
}

/** A configuration file that was read. */
export interface ConfigFile extends ConfigPlace {
  /** What it sets. */
  readonly entries: readonly ConfigEntry[];
}

/** The places of configuration files, the one that counts most first. */
export function configPlaces(io: Io): ConfigPlace[] {
  const places: ConfigPlace[] = [{ kind: "project", path: join(io.cwd(), ".parley.conf") }];
  const user = userFolder(io);
  if (user !== undefined) places.push({ kind: "user", path: join(user, "parley", "config") });
  if (Deno.build.os !== "windows") places.push({ kind: "system", path: "/etc/parley/config" });
  return places;
}

function userFolder(io: Io): string | undefined {
  const xdg = io.env("XDG_CONFIG_HOME");
  if (xdg !== undefined && isAbsolute(xdg)) return xdg;
  const home = io.env("HOME");
  return home === undefined ? io.env("LOCALAPPDATA") : join(home, ".config");
}

const MAX_FILE_BYTES = 64 * 1024;

/**
 * Reads the configuration files that there are.
 *
 * @throws {UsageError} config-malformed; config-untrusted for a file of the project that others can change
 */
export function readConfig(places: readonly ConfigPlace[]): ConfigFile[] {
  return places.flatMap((place) => {
    const text = readIfThere(place);
    return text === undefined ? [] : [{ ...place, entries: parseConfig(text, place.path) }];
  });
}

function readIfThere({ kind, path }: ConfigPlace): string | undefined {
  try {
    const info = Deno.statSync(path);
    if (kind === "project" && Deno.build.os !== "windows") refuseForeign(info, path);
    if (!info.isFile || info.size > MAX_FILE_BYTES) {
      throw new UsageError("config-malformed", `${path}: expected a file of at most ${MAX_FILE_BYTES} bytes`);
    }
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** Whoever can change the file of a folder where somebody works could choose the identity that they send with. */
function refuseForeign({ uid, mode }: Deno.FileInfo, path: string): void {
  if ((uid === Deno.uid() || uid === 0) && ((mode ?? 0) & 0o022) === 0) return;
  throw new UsageError("config-untrusted", `${path}: another user owns it or can change it`, {
    hint: "remove it, or own it with mode 0644",
  });
}
