import type { ErrorKind, ParleyError } from "../lib/errors/mod.ts";
import type { StopSignal } from "./io.ts";

/** What the process's exit code says. Signals follow the shell's custom of 128 plus the signal's number. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  malformed: 3,
  authentication: 4,
  unavailable: 5,
  timeout: 6,
  internal: 70,
} as const;

const CODE_OF_KIND: Record<ErrorKind, number> = {
  usage: exitCodes.usage,
  decode: exitCodes.malformed,
  protocol: exitCodes.malformed,
  authentication: exitCodes.authentication,
  storage: exitCodes.unavailable,
  network: exitCodes.unavailable,
  timeout: exitCodes.timeout,
  internal: exitCodes.internal,
};

/** Returns the exit code for an error. */
export function exitCodeOf(error: ParleyError): number {
  return CODE_OF_KIND[error.kind];
}

const SIGNAL_NUMBERS: Record<StopSignal, number> = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 };

/** Returns the exit code of a process that a signal stopped: 130 for Ctrl-C. */
export function exitCodeOfSignal(signal: StopSignal): number {
  return 128 + SIGNAL_NUMBERS[signal];
}
