import * as v from "valibot";
import { encodeUtf8 } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { formatPythonJson, type MessageIn, messageParser } from "../core/mod.ts";

/** The largest frame's body that a server takes. */
export const MAX_REQUEST_BYTES = 64 * 1024;
/** The largest frame's body that a client takes: many messages may wait in one. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** The longest user name in UTF-8. */
const MAX_NAME_BYTES = 128;

const text = v.string();
const newMessage = { from: text, content: text, timestamp: v.number() };

const clientTable = {
  send_message: { to: v.pipe(text, v.check(isUserName)), content: text },
  list_users: {},
};

/** `auth_failed` and `message_refused` belong to the documented dialect. */
const serverTable = {
  auth_success: { username: text },
  auth_failed: { reason: text },
  // Each names its type once more; whether it does says nothing.
  pending_messages: { messages: v.array(v.object(newMessage)) },
  new_message: newMessage,
  message_delivered: { to: text },
  message_queued: { to: text },
  message_refused: { to: text, reason: text },
  user_list: { users: v.array(text) },
};

/** A message of a client. */
export type ClientMessage = MessageIn<typeof clientTable>;
/** A message of a server. */
export type ServerMessage = MessageIn<typeof serverTable>;

/** Parses what a client sends; throws {@link DecodeError} `message-malformed`. */
export const parseClientMessage = messageParser(clientTable);

/** Parses what a server sends; throws {@link DecodeError} `message-malformed`. */
export const parseServerMessage = messageParser(serverTable);

/**
 * Parses a user's name: 1 to 128 bytes without control characters.
 *
 * @throws {DecodeError} `user-name-malformed`
 */
export function parseUserName(name: string): string {
  if (isUserName(name)) return name;
  throw new DecodeError(
    "user-name-malformed",
    `a user name has 1 to ${MAX_NAME_BYTES} bytes and no control characters`,
  );
}

/** Formats a message as the published programs do, which are written in Python. */
export function formatMessage(message: ClientMessage | ServerMessage): string {
  return formatPythonJson(message);
}

/** Formats `pending_messages` out of messages that {@link formatMessage} has formatted. */
export function formatPending(messages: readonly string[]): string {
  return `{"type": "pending_messages", "messages": [${messages.join(", ")}]}`;
}

function isUserName(name: string): boolean {
  const bytes = encodeUtf8(name).length;
  return bytes > 0 && bytes <= MAX_NAME_BYTES && !/\p{Cc}/u.test(name);
}
