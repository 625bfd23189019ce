import { ParleyError, StorageError, toParleyError } from "../lib/errors/mod.ts";
import { exitCodeOf, exitCodeOfSignal } from "./exit_codes.ts";
import { type Io, StoppedError } from "./io.ts";
import { formatJsonLine } from "./json_line.ts";
import { printable } from "./printable.ts";
import { styleOf } from "./style.ts";

/**
 * Reports an error the way that every command does and returns the exit code: `parley: error: …`, then
 * `parley: hint: …`, with `json` one JSON object; the stack and its causes with PARLEY_DEBUG=1 only. A stop that a signal asked for
 * is no error and reported by the exit code alone.
 */
export function reportFailure(io: Io, json: boolean, thrown: unknown): number {
  if (thrown instanceof StoppedError) return exitCodeOfSignal(thrown.signal);
  const error = toCommandError(thrown);
  if (json) {
    const { code, message, hint } = error;
    io.stderr.write(formatJsonLine({ type: "error", code, message, ...(hint !== undefined && { hint }) }));
  } else {
    io.stderr.write(`parley: ${styleOf(io, io.stderr).red("error")}: ${printable(error.message)}\n`);
    const hint = error.hint ?? (error.kind === "internal" ? INTERNAL_HINT : undefined);
    if (hint !== undefined) io.stderr.write(`parley: hint: ${printable(hint)}\n`);
  }
  if (io.env("PARLEY_DEBUG") === "1") io.stderr.write(formatStack(error));
  return exitCodeOf(error);
}

const INTERNAL_HINT = "this is a bug in parley; PARLEY_DEBUG=1 shows where it happened";

/** Turns what the system throws into the kind of error that it is; everything unknown is an internal one. */
export function toCommandError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  for (const [kind, code, says] of SYSTEM_ERRORS) {
    if (thrown instanceof kind) {
      return new StorageError(code, `${says}: ${subjectOf(thrown)}`, { cause: thrown });
    }
  }
  if (thrown instanceof Error && /\(os error \d+\)/.test(thrown.message)) {
    return new StorageError("system-error", thrown.message, { cause: thrown });
  }
  return toParleyError(thrown);
}

const SYSTEM_ERRORS = [
  [Deno.errors.NotFound, "not-found", "no such file or folder"],
  [Deno.errors.AlreadyExists, "already-exists", "it exists already"],
  [Deno.errors.PermissionDenied, "permission-denied", "the system does not permit it"],
  [Deno.errors.NotCapable, "permission-denied", "the runtime's permissions do not cover it"],
  [Deno.errors.IsADirectory, "is-a-folder", "a folder stands where a file is needed"],
  [Deno.errors.NotADirectory, "not-a-folder", "a file stands where a folder is needed"],
] as const;

// Deno writes "No such file or directory (os error 2): open 'ca/ca.key'"; the path is what the reader needs.
function subjectOf(error: Error): string {
  return /: \w+ '([^']*)'$/.exec(error.message)?.[1] ?? error.message;
}

function formatStack(error: Error): string {
  let text = "";
  for (let at: unknown = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    text += (text === "" ? "" : "caused by: ") +
      printable(at instanceof Error ? at.stack ?? at.message : String(at), { multiline: true }) + "\n";
  }
  return text;
}
