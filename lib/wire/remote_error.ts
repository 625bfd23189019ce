import * as v from "valibot";
import {
  AuthenticationError,
  DecodeError,
  type ErrorKind,
  InternalError,
  NetworkError,
  ParleyError,
  ProtocolError,
  StorageError,
  TimeoutError,
  UsageError,
} from "../errors/mod.ts";

/** An error as it travels: in the answer to a request, or in a goodbye. */
export interface RemoteError {
  /** Whose fault it is. */
  kind: ErrorKind;
  /** The stable code. */
  code: string;
  /** For a person. */
  message: string;
  /** What to do next. */
  hint?: string;
}

const kinds: Record<ErrorKind, (error: RemoteError) => ParleyError> = {
  usage: (e) => new UsageError(e.code, e.message, e),
  decode: (e) => new DecodeError(e.code, e.message, { hint: e.hint }),
  protocol: (e) => new ProtocolError(e.code, e.message, e),
  authentication: (e) => new AuthenticationError(e.code, e.message, e),
  storage: (e) => new StorageError(e.code, e.message, e),
  network: (e) => new NetworkError(e.code, e.message, e),
  timeout: (e) => new TimeoutError(e.code, e.message, e),
  internal: (e) => new InternalError(e.message, e),
};

/** Checks an error from the peer; its texts must be free of control characters, for they are shown. */
export const remoteErrorSchema: v.GenericSchema<unknown, RemoteError> = v.strictObject({
  kind: v.picklist(Object.keys(kinds) as ErrorKind[]),
  code: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/)),
  message: v.pipe(v.string(), v.maxLength(500), v.regex(/^\P{C}*$/u)),
  hint: v.optional(v.pipe(v.string(), v.maxLength(500), v.regex(/^\P{C}*$/u))),
});

/** Makes an error ready to travel. An internal error says nothing of its inside. */
export function toRemoteError(error: unknown): RemoteError {
  if (!(error instanceof ParleyError) || error.kind === "internal") {
    return { kind: "internal", code: "internal", message: "the relay failed; its log says more" };
  }
  const { kind, code, message, hint } = error;
  return { kind, code, message: printable(message), hint: hint === undefined ? undefined : printable(hint) };
}

/** Makes the typed error of what the peer reported. */
export function fromRemoteError(error: RemoteError): ParleyError {
  return kinds[error.kind](error);
}

function printable(text: string): string {
  return text.replace(/\p{C}/gu, "�").slice(0, 500).toWellFormed();
}
