import type { Cutter, Dialect, RawConnectionOptions } from "../core/mod.ts";

/** How both ends read and write; an original peer takes one `recv` for one message. */
export const LIMITS: Record<Dialect, RawConnectionOptions> = {
  documented: { maxMessageBytes: 64 * 1024, gapMs: 0 },
  original: { maxMessageBytes: 64 * 1024, gapMs: 50 },
};
/** How long the key exchange may take. */
export const HANDSHAKE_MS = 10_000;

/** What a server's session makes of a message. */
export type Received =
  /** A number, `sum` or `exit`, from whoever holds the keys. */
  | { readonly type: "text"; readonly text: string }
  /** Nothing is done and the session goes on. */
  | { readonly type: "discarded"; readonly reason: string }
  /** The session ends. */
  | { readonly type: "refused"; readonly reason: string };

/** The server's side of a session whose keys are established, in either dialect. */
export interface ServerSession {
  /** Finds the next message and opens it. */
  readonly cut: Cutter<Received>;
  /** Answers `sum`. */
  reply(sum: string): void;
  /** Takes leave of the client. */
  bye(): void;
}

/** The client's side of a session whose keys are established, in either dialect. */
export interface ClientSession {
  /** Sends a number. */
  add(number: string): void;
  /**
   * Asks for the sum.
   *
   * @throws {NetworkError} `server-gone`
   * @throws {ProtocolError} `reply-tampered`
   */
  sum(): Promise<string>;
  /**
   * Takes leave; where the dialect lets the server answer, it has got all that was sent.
   *
   * @throws {NetworkError} `server-gone`
   */
  exit(): Promise<void>;
}

/** The hint where the server ends the session before its time. */
export const GONE_HINT = "what was sent since the last answer may not have been counted";
