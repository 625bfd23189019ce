/** Whose fault an error is. `commands/exit_codes.ts` maps each kind to an exit code. */
export type ErrorKind =
  | "usage"
  | "decode"
  | "protocol"
  | "authentication"
  | "storage"
  | "network"
  | "timeout"
  | "internal";

/** What may stand beside an error's message. */
export interface ParleyErrorOptions {
  /** What the reader can do next, lower case, no full stop. */
  hint?: string;
  /** The error that led to this one. Shown with PARLEY_DEBUG=1 only. */
  cause?: unknown;
}

/**
 * An error that a user or a peer may see. `code` is stable and in kebab-case; `message` is lower
 * case without a full stop and never contains secret bytes.
 */
export class ParleyError extends Error {
  /** Whose fault it is. */
  readonly kind: ErrorKind;
  /** Stable machine-readable name, in kebab-case. */
  readonly code: string;
  /** What the reader can do next. */
  readonly hint: string | undefined;

  /** Creates an error of the given kind; prefer the subclasses. */
  constructor(kind: ErrorKind, code: string, message: string, options: ParleyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.code = code;
    this.hint = options.hint;
  }
}

/** The caller asked for something that cannot be asked for (exit 2). */
export class UsageError extends ParleyError {
  /** Creates a usage error. */
  constructor(code: string, message: string, options?: ParleyErrorOptions) {
    super("usage", code, message, options);
  }
}

/** Bytes or text that do not follow their format (exit 3). */
export class DecodeError extends ParleyError {
  /** Offset in bytes into the input at which decoding failed, where it is known. */
  readonly offset: number | undefined;
  /** The field that was being decoded, where it is known. */
  readonly field: string | undefined;

  /** Creates a decode error. */
  constructor(
    code: string,
    message: string,
    options: ParleyErrorOptions & { offset?: number; field?: string } = {},
  ) {
    super("decode", code, message, options);
    this.offset = options.offset;
    this.field = options.field;
  }
}

/** A well-formed message that the protocol does not allow here (exit 3). */
export class ProtocolError extends ParleyError {
  /** Creates a protocol error. */
  constructor(code: string, message: string, options?: ParleyErrorOptions) {
    super("protocol", code, message, options);
  }
}

/** Authentication, verification or decryption failed (exit 4). */
export class AuthenticationError extends ParleyError {
  /** Creates an authentication error. */
  constructor(code: string, message: string, options?: ParleyErrorOptions) {
    super("authentication", code, message, options);
  }
}

/** Storage is unavailable, full or damaged (exit 5). */
export class StorageError extends ParleyError {
  /** Creates a storage error. */
  constructor(code: string, message: string, options?: ParleyErrorOptions) {
    super("storage", code, message, options);
  }
}

/** The network or the peer is unavailable (exit 5). */
export class NetworkError extends ParleyError {
  /** Creates a network error. */
  constructor(code: string, message: string, options?: ParleyErrorOptions) {
    super("network", code, message, options);
  }
}

/** The time allowed for waiting is over (exit 6). */
export class TimeoutError extends ParleyError {
  /** Creates a timeout error. */
  constructor(code: string, message: string, options?: ParleyErrorOptions) {
    super("timeout", code, message, options);
  }
}

/** A bug in parley (exit 70). */
export class InternalError extends ParleyError {
  /** Creates an internal error. */
  constructor(message: string, options?: ParleyErrorOptions) {
    super("internal", "internal", message, options);
  }
}

/** Returns `error` as it is where it is a {@link ParleyError}, else wrapped as an internal error. */
export function toParleyError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new InternalError(message, { cause: error });
}
