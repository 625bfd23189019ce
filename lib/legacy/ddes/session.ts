import { NetworkError } from "../../errors/mod.ts";

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
  /** Waits for the next message; undefined where the client has gone. */
  read(): Promise<Received | undefined>;
  /** Returns the next message where it is here already. */
  take(): Received | undefined;
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

/** The server ended the session before its time. */
export function serverGone(): NetworkError {
  return new NetworkError("server-gone", "the server has ended the session", {
    hint: "what was sent since the last answer may not have been counted",
  });
}
