import * as v from "valibot";
import { type CborValue, decodeCbor, encodeCbor } from "../bytes/mod.ts";
import { DecodeError, ParleyError } from "../errors/mod.ts";

/** What belongs together, by name: such as a storage key and a private key. */
export type Secrets = Record<string, Uint8Array>;

/** What an agent can be asked. `key` names what is kept: the absolute path of the folder that it unlocks. */
export type AgentRequest =
  | { op: "get"; key: string }
  | { op: "put"; key: string; secrets: Secrets }
  | { op: "forget"; key?: string }
  | { op: "status" };

/** What an agent answers. */
export interface AgentAnswer {
  /** To `get`: what is kept; absent where nothing is. */
  secrets?: Secrets;
  /** To `status`: what is kept, and in how many milliseconds it is forgotten where nobody asks for it. */
  keys?: { key: string; forgottenInMs: number }[];
  /** To `forget`: how many were. */
  forgotten?: number;
  /** Why there is nothing else. */
  error?: { code: string; message: string };
}

/** An agent's messages are larger than this never. Bytes, without the length in front. */
export const MAX_AGENT_MESSAGE_BYTES = 64 * 1024;
const MAX_SECRET_BYTES = 8 * 1024, MAX_SECRETS = 4, MAX_NAME = 1_024;

const keySchema = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME));
const secretsSchema = v.pipe(
  v.record(
    v.pipe(v.string(), v.maxLength(32)),
    v.pipe(v.instance(Uint8Array), v.maxLength(MAX_SECRET_BYTES)),
  ),
  v.check((secrets) => Object.keys(secrets).length <= MAX_SECRETS, "too many secrets"),
);
const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const requestSchema: v.GenericSchema<unknown, AgentRequest> = v.variant("op", [
  v.strictObject({ op: v.literal("get"), key: keySchema }),
  v.strictObject({ op: v.literal("put"), key: keySchema, secrets: secretsSchema }),
  v.strictObject({ op: v.literal("forget"), key: v.optional(keySchema) }),
  v.strictObject({ op: v.literal("status") }),
]);

const answerSchema: v.GenericSchema<unknown, AgentAnswer> = v.strictObject({
  secrets: v.optional(secretsSchema),
  keys: v.optional(v.array(v.strictObject({ key: keySchema, forgottenInMs: countSchema }))),
  forgotten: v.optional(countSchema),
  error: v.optional(v.strictObject({
    code: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/)),
    message: v.pipe(v.string(), v.maxLength(500)),
  })),
});

/** Encodes a message as CBOR behind its length in four bytes. */
export function encodeAgentMessage(message: AgentRequest | AgentAnswer): Uint8Array {
  const body = encodeCbor(message as unknown as CborValue);
  const frame = new Uint8Array(4 + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, 4);
  body.fill(0);
  return frame;
}

/**
 * Decodes a request's body.
 *
 * @throws {DecodeError} `cbor-malformed`, `agent-message-malformed`
 */
export function decodeAgentRequest(body: Uint8Array): AgentRequest {
  return checked(requestSchema, body);
}

/**
 * Decodes an answer's body.
 *
 * @throws {DecodeError} `cbor-malformed`, `agent-message-malformed`
 */
export function decodeAgentAnswer(body: Uint8Array): AgentAnswer {
  return checked(answerSchema, body);
}

/**
 * Reads one message's body from a connection; undefined at its end.
 *
 * @throws {DecodeError} `agent-message-malformed` where it is too large or cut off
 */
export async function readAgentMessage(connection: Deno.Conn): Promise<Uint8Array | undefined> {
  const header = await readExactly(connection, 4);
  if (header === undefined) return undefined;
  const length = new DataView(header.buffer).getUint32(0);
  if (length > MAX_AGENT_MESSAGE_BYTES) throw malformed("too large");
  const body = await readExactly(connection, length);
  if (body === undefined && length > 0) throw malformed("cut off");
  return body ?? new Uint8Array();
}

/** Writes a message whole, and wipes it. */
export async function writeAgentMessage(connection: Deno.Conn, frame: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < frame.length;) at += await connection.write(frame.subarray(at));
  } finally {
    frame.fill(0);
  }
}

async function readExactly(
  connection: Deno.Conn,
  length: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await connection.read(bytes.subarray(at));
    if (read === null && at === 0) return undefined;
    if (read === null) throw malformed("cut off");
    at += read;
  }
  return bytes;
}

function checked<S extends v.GenericSchema>(schema: S, body: Uint8Array): v.InferOutput<S> {
  try {
    return v.parse(schema, decodeCbor(body));
  } catch (cause) {
    if (cause instanceof ParleyError) throw cause;
    // Not as the cause: it may hold what was sent.
    throw malformed("not as expected");
  }
}

function malformed(reason: string): DecodeError {
  return new DecodeError("agent-message-malformed", `the agent's message is ${reason}`);
}
