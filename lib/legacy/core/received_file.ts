import { join } from "node:path";
import { UsageError } from "../../errors/mod.ts";
import { replaceFile } from "./replace_file.ts";

const MAX_NAME_CHARS = 200;
const MAX_COPIES = 1000;

/**
 * Saves a received file in a folder that is made where there is none; returns its path. The name is the sender's:
 * it cannot leave the folder, hide, or take the place of a file that is there.
 *
 * @throws {UsageError} `file-exists` where too many have this name already
 */
export function saveReceivedFile(folder: string, name: string, content: Uint8Array): string {
  Deno.mkdirSync(folder, { recursive: true });
  const safe = safeName(name);
  const dot = safe.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [safe.slice(0, dot), safe.slice(dot)] : [safe, ""];
  for (let copy = 0; copy < MAX_COPIES; copy++) {
    const path = join(folder, copy === 0 ? safe : `${stem} (${copy})${extension}`);
    try {
      Deno.openSync(path, { createNew: true, write: true }).close();
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw error;
    }
    replaceFile(path, content, 0o600);
    return path;
  }
  throw new UsageError("file-exists", `too many files named ${safe} have been received`);
}

function safeName(name: string): string {
  const last = name.split(/[/\\]/).at(-1)!;
  // deno-lint-ignore no-control-regex
  const safe = last.replace(/[\u0000-\u001f\u007f-\u009f<>:"|?*]/g, "_").replace(/^\.+/, "_").slice(
    0,
    MAX_NAME_CHARS,
  );
  return safe === "" ? "file" : safe;
}
