import * as v from "valibot";
import { encodeUtf8 } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { parseMessage } from "../core/mod.ts";

/** The largest frame's body that a server takes. */
export const MAX_REQUEST_BYTES = 64 * 1024;
/** The largest frame's body that a client takes: many messages may wait in one. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** The longest user name in UTF-8. */
const MAX_NAME_BYTES = 128;

const text = v.string();
const userName = v.pipe(text, v.check(isUserName));

const newMessage = v.object({
  type: v.literal("new_message"),
  from: text,
  content: text,
  timestamp: v.number(),
});

const CLIENT_TYPES = ["send_message", "list_users"];

const clientMessage = v.variant("type", [
  v.object({ type: v.literal("send_message"), to: userName, content: text }),
  v.object({ type: v.literal("list_users") }),
  unknownMessage(CLIENT_TYPES),
]);

const SERVER_TYPES = [
  "auth_success",
  "auth_failed",
  "pending_messages",
  "new_message",
  "message_delivered",
  "message_queued",
  "message_refused",
  "user_list",
];

const serverMessage = v.variant("type", [
  v.object({ type: v.literal("auth_success"), username: text }),
  v.object({ type: v.literal("auth_failed"), reason: text }),
  // Each names its type once more; whether it does says nothing.
  v.object({ type: v.literal("pending_messages"), messages: v.array(v.omit(newMessage, ["type"])) }),
  newMessage,
  v.object({ type: v.literal("message_delivered"), to: text }),
  v.object({ type: v.literal("message_queued"), to: text }),
  v.object({ type: v.literal("message_refused"), to: text, reason: text }),
  v.object({ type: v.literal("user_list"), users: v.array(text) }),
  unknownMessage(SERVER_TYPES),
]);

/** A message of a client. */
export type ClientMessage = v.InferOutput<typeof clientMessage>;
/** A message of a server. `auth_failed` and `message_refused` belong to the documented dialect. */
export type ServerMessage = v.InferOutput<typeof serverMessage>;
/** A message from one user to another. */
export type NewMessage = v.InferOutput<typeof newMessage>;

/**
 * Parses what a client sends. A type that is not known becomes `unknown`, which is ignored.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parseClientMessage(json: string): ClientMessage {
  return parseMessage(clientMessage, json);
}

/**
 * Parses what a server sends. A type that is not known becomes `unknown`, which is ignored.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parseServerMessage(json: string): ServerMessage {
  return parseMessage(serverMessage, json);
}

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

/**
 * Formats a message as the published programs do, which are written in Python: a space behind each comma and
 * colon, what is not ASCII escaped, numbers as floats.
 */
export function formatMessage(message: ClientMessage | ServerMessage): string {
  return formatJson(message);
}

/** Formats `pending_messages` out of messages that {@link formatMessage} has formatted. */
export function formatPending(messages: readonly string[]): string {
  return `{"type": "pending_messages", "messages": [${messages.join(", ")}]}`;
}

function isUserName(name: string): boolean {
  const bytes = encodeUtf8(name).length;
  return bytes > 0 && bytes <= MAX_NAME_BYTES && !/\p{Cc}/u.test(name);
}

function unknownMessage(known: readonly string[]) {
  const unknownType = v.pipe(
    text,
    v.check((type) => !known.includes(type)),
    v.transform((): "unknown" => "unknown"),
  );
  return v.object({ type: unknownType });
}

function formatJson(value: unknown): string {
  if (typeof value === "string") return formatString(value);
  if (typeof value === "number") return Number.isInteger(value) ? value.toFixed(1) : String(value);
  if (Array.isArray(value)) return `[${value.map(formatJson).join(", ")}]`;
  const members = Object.entries(value as object).map(([name, member]) => `"${name}": ${formatJson(member)}`);
  return `{${members.join(", ")}}`;
}

function formatString(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
