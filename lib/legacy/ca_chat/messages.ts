import * as v from "valibot";
import { encodeUtf8 } from "../../bytes/mod.ts";
import { isFileSafeName, type MessageIn, strictMessageParser } from "../core/mod.ts";

/** The largest message of the original dialect: its programs read at most so much at a time. */
export const ORIGINAL_MESSAGE_BYTES = 2048;
/** The largest message of ours. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
/** The largest file, as it is sent (about 1.9 times its size). */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Users' names become parts of file names. */
const name = v.pipe(v.string(), v.check(isFileSafeName));
const text = v.string();
const fileSize = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_FILE_BYTES));
const caption = v.optional(text, "");

const yesOrNo = v.picklist(["yes", "no"]);
const keyId = v.optional(v.pipe(v.union([text, v.number()]), v.transform(String)), "");

/** What a client sends, keyed by `message_type`. */
const CLIENT_MESSAGES = {
  "AUTH": { username: name, password: text },
  "UPDATE PUBLIC KEY": { username: name, public_key: text },
  "CERTIFICATE": { username: name, public_key: text },
  "CERTIFICATE CHALLENGE RESPONSE": { challenge_response: text, public_key: text },
  "LIST": {},
  "USER CHECK": { username: text },
  "CERTIFICATE REQUEST": { username: text },
  "MESSAGE": { message: text, username: name, user: text },
  "FILE": { username: name, user: text, file_name: text, file_size: fileSize, caption },
  "QUIT": {},
};

/** What a server sends. `DELIVERY FAILED`, the challenge and `ca_public_key` belong to the documented dialect. */
const SERVER_MESSAGES = {
  "AUTHENTICATION CONFIRMATION": { result: yesOrNo, key_id: keyId },
  "CERTIFICATE": { certificate: text, ca_public_key: v.optional(text) },
  "CERTIFICATE CHALLENGE": { challenge: text },
  "USER LISTING": { users: v.array(text) },
  "USER CHECK RESPONSE": { result: yesOrNo, public_key: v.optional(text, ""), key_id: keyId },
  "CERTIFICATE RESPONSE": { certificate: text },
  "MESSAGE": { message: text, username: text, user: text },
  "FILE": { file_name: text, file_size: fileSize, caption, username: v.optional(text) },
  "DELIVERY FAILED": { user: text, reason: text },
};

/** A message of a client. */
export type ClientMessage = MessageIn<typeof CLIENT_MESSAGES, "message_type">;
/** A message of a server. */
export type ServerMessage = MessageIn<typeof SERVER_MESSAGES, "message_type">;
/** The message with this `message_type`. */
export type MessageOf<Message extends { message_type: string }, Type extends Message["message_type"]> =
  Extract<Message, { message_type: Type }>;

/** Parses what a client sends; it throws {@link DecodeError} `message-malformed`. */
export const parseClientMessage: (json: string) => ClientMessage = strictMessageParser(
  CLIENT_MESSAGES,
  "message_type",
);
/** Parses what a server sends; it throws {@link DecodeError} `message-malformed`. */
export const parseServerMessage: (json: string) => ServerMessage = strictMessageParser(
  SERVER_MESSAGES,
  "message_type",
);

/** Encodes a message of either side. */
export function encodeMessage(message: ClientMessage | ServerMessage): Uint8Array<ArrayBuffer> {
  return encodeUtf8(JSON.stringify(message));
}
