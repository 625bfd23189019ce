import * as v from "valibot";
import type { CborValue } from "../../bytes/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { type DeviceRef, ENTRY_ID_BYTES } from "../../wire/mod.ts";

/** Asks for messages again, which are to be encrypted to a key. */
export interface ResendRequest {
  /** The entries' ids. */
  ids: Uint8Array<ArrayBuffer>[];
  /** An X-Wing public key. */
  key: Uint8Array<ArrayBuffer>;
}

/** A message that was asked for. */
export interface ResendAnswer {
  /** Who asked. */
  to: DeviceRef;
  /** The entry's id. */
  id: Uint8Array<ArrayBuffer>;
  /** The encapsulated key (RFC 9180). */
  enc: Uint8Array<ArrayBuffer>;
  /** The content, encrypted. */
  ciphertext: Uint8Array<ArrayBuffer>;
}

const bytes = v.custom<Uint8Array<ArrayBuffer>>((input) => input instanceof Uint8Array, "bytes");
const id = v.pipe(bytes, v.check((input) => input.length === ENTRY_ID_BYTES, "an entry's id"));
const requestSchema = v.object({ ids: v.pipe(v.array(id), v.minLength(1)), key: bytes });
const answerSchema = v.object({
  to: v.object({ user: v.string(), device: v.string() }),
  id,
  enc: bytes,
  ciphertext: bytes,
});

/**
 * Reads a request for at most `maxIds` messages.
 *
 * @throws {DecodeError} `content-malformed`
 */
export function readRequest(body: CborValue, maxIds: number): ResendRequest {
  const request = read(requestSchema, body);
  if (request.ids.length > maxIds) throw malformed();
  return request;
}

/**
 * Reads an answer.
 *
 * @throws {DecodeError} `content-malformed`
 */
export function readAnswer(body: CborValue): ResendAnswer {
  return read(answerSchema, body);
}

function read<T>(schema: v.GenericSchema<unknown, T>, body: CborValue): T {
  const { success, output } = v.safeParse(schema, body);
  if (!success) throw malformed();
  return output as T;
}

function malformed(): DecodeError {
  return new DecodeError("content-malformed", "cannot decode a request for messages, or its answer");
}
