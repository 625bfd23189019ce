import * as v from "valibot";
import { encodeUtf8 } from "../../bytes/mod.ts";
import { parseMessage } from "../core/mod.ts";

/** The largest message of the original dialect: its programs read at most so much at a time. */
export const ORIGINAL_MESSAGE_BYTES = 2048;
/** The largest message of ours. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
/** The largest file, as it is sent (about 1.9 times its size). */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Users' names become parts of file names. */
const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/));
const text = v.string();
const fileSize = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_FILE_BYTES));
const caption = v.optional(text, "");

/** What a client sends, keyed by `message_type`. */
const clientMessage = v.variant("message_type", [
  v.object({ message_type: v.literal("AUTH"), username: name, password: text }),
  v.object({ message_type: v.literal("UPDATE PUBLIC KEY"), username: name, public_key: text }),
  v.object({ message_type: v.literal("CERTIFICATE"), username: name, public_key: text }),
  v.object({
    message_type: v.literal("CERTIFICATE CHALLENGE RESPONSE"),
    challenge_response: text,
    public_key: text,
  }),
  v.object({ message_type: v.literal("LIST") }),
  v.object({ message_type: v.literal("USER CHECK"), username: text }),
  v.object({ message_type: v.literal("CERTIFICATE REQUEST"), username: text }),
  v.object({ message_type: v.literal("MESSAGE"), message: text, username: name, user: text }),
  v.object({
    message_type: v.literal("FILE"),
    username: name,
    user: text,
    file_name: text,
    file_size: fileSize,
    caption,
  }),
  v.object({ message_type: v.literal("QUIT") }),
]);

const yesOrNo = v.picklist(["yes", "no"]);
const keyId = v.optional(v.pipe(v.union([text, v.number()]), v.transform(String)), "");

/** What a server sends. `DELIVERY FAILED`, the challenge and `ca_public_key` belong to the documented dialect. */
const serverMessage = v.variant("message_type", [
  v.object({ message_type: v.literal("AUTHENTICATION CONFIRMATION"), result: yesOrNo, key_id: keyId }),
  v.object({
    message_type: v.literal("CERTIFICATE"),
    certificate: text,
    ca_public_key: v.optional(text),
  }),
  v.object({ message_type: v.literal("CERTIFICATE CHALLENGE"), challenge: text }),
  v.object({ message_type: v.literal("USER LISTING"), users: v.array(text) }),
  v.object({
    message_type: v.literal("USER CHECK RESPONSE"),
    result: yesOrNo,
    public_key: v.optional(text, ""),
    key_id: keyId,
  }),
  v.object({ message_type: v.literal("CERTIFICATE RESPONSE"), certificate: text }),
  v.object({ message_type: v.literal("MESSAGE"), message: text, username: text, user: text }),
  v.object({
    message_type: v.literal("FILE"),
    file_name: text,
    file_size: fileSize,
    caption,
    username: v.optional(text),
  }),
  v.object({ message_type: v.literal("DELIVERY FAILED"), user: text, reason: text }),
]);

/** A message of a client. */
export type ClientMessage = v.InferOutput<typeof clientMessage>;
/** A message of a server. */
export type ServerMessage = v.InferOutput<typeof serverMessage>;
/** The message with this `message_type`. */
export type MessageOf<Message extends { message_type: string }, Type extends Message["message_type"]> =
  Extract<
    Message,
    { message_type: Type }
  >;

/**
 * Parses what a client sends.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parseClientMessage(json: string): ClientMessage {
  return parseMessage(clientMessage, json);
}

/**
 * Parses what a server sends.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parseServerMessage(json: string): ServerMessage {
  return parseMessage(serverMessage, json);
}

/** Encodes a message of either side. */
export function encodeMessage(message: ClientMessage | ServerMessage): Uint8Array<ArrayBuffer> {
  return encodeUtf8(JSON.stringify(message));
}
