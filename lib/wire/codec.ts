import * as v from "valibot";
import { type CborValue, decodeCbor, encodeCbor } from "../bytes/mod.ts";
import { DecodeError, ProtocolError } from "../errors/mod.ts";
import {
  decodeBlobGetAnswer,
  decodeBlobPut,
  encodeBlobGetAnswer,
  encodeBlobPut,
  type SplitBody,
} from "./blob_codec.ts";
import { decodeEntries, encodeEntriesPush, type EntriesEncoder } from "./entries_codec.ts";
import {
  decodeHotRequest,
  encodeHotResponse,
  type HotResponse,
  isHotResponse,
  MAX_HOT_RESPONSE_BYTES,
} from "./hot_codec.ts";
import type { Entry } from "./entry.ts";
import type { OperationName, OperationRequest, OperationResponse, Push } from "./operation_types.ts";
import { operations, pushSchema } from "./operations.ts";
import { type RemoteError, remoteErrorSchema } from "./remote_error.ts";

/** A request as it was received: its name and its checked fields. */
export type ReceivedRequest = { [N in OperationName]: { op: N; fields: OperationRequest<N> } }[OperationName];

/** Encodes a request's body: the CBOR array `[name, fields]`. */
export function encodeRequest<N extends OperationName>(op: N, fields: OperationRequest<N>): Uint8Array {
  return encodeCbor([op, fields as unknown as CborValue]);
}

/** The same as {@link encodeRequest}, without a copy of a long part at its end. */
export function encodeSplitRequest<N extends OperationName>(op: N, fields: OperationRequest<N>): SplitBody {
  if (op === "blob-put") return encodeBlobPut(fields as OperationRequest<"blob-put">);
  return { body: encodeRequest(op, fields) };
}

/**
 * Decodes a request's body.
 *
 * @throws {DecodeError} `cbor-malformed`, `message-malformed`
 * @throws {ProtocolError} `unknown-operation`
 */
export function decodeRequest(body: Uint8Array): ReceivedRequest {
  return decodeHotRequest(body) ?? decodeHotPut(body) ?? decodeAnyRequest(body);
}

function decodeHotPut(body: Uint8Array): ReceivedRequest | undefined {
  const fields = decodeBlobPut(body);
  return fields && { op: "blob-put", fields };
}

function decodeAnyRequest(body: Uint8Array): ReceivedRequest {
  const value = decodeCbor(body);
  if (!Array.isArray(value) || value.length !== 2 || typeof value[0] !== "string") {
    throw new DecodeError("message-malformed", "cannot decode request: expected a name and its fields");
  }
  const [op, fields] = value as [string, unknown];
  if (!Object.hasOwn(operations, op)) {
    throw new ProtocolError("unknown-operation", "the request is not known", {
      hint: "the client may be newer than the relay",
    });
  }
  const name = op as OperationName;
  return { op: name, fields: checked(operations[name].request, fields, op) } as ReceivedRequest;
}

/** Encodes an answer's body: its fields as a CBOR map. */
export function encodeResponse<N extends OperationName>(op: N, fields: OperationResponse<N>): Uint8Array {
  if (!isHotResponse(op)) return encodeCbor(fields as unknown as CborValue);
  const bytes = new Uint8Array(MAX_HOT_RESPONSE_BYTES);
  return bytes.subarray(0, encodeHotResponse(bytes, 0, op, fields as OperationResponse<HotResponse>));
}

/** The same as {@link encodeResponse}, without a copy of a long part at its end. */
export function encodeSplitResponse<N extends OperationName>(op: N, fields: OperationResponse<N>): SplitBody {
  if (op === "blob-get") return encodeBlobGetAnswer(fields as OperationResponse<"blob-get">);
  return { body: encodeResponse(op, fields) };
}

/**
 * Decodes the body of the answer to a request named `op`.
 *
 * @throws {DecodeError} `cbor-malformed`, `message-malformed`
 */
export function decodeResponse<N extends OperationName>(op: N, body: Uint8Array): OperationResponse<N> {
  const hot = op === "blob-get" ? decodeBlobGetAnswer(body) : undefined;
  if (hot !== undefined) return hot as OperationResponse<N>;
  return checked(operations[op].response, decodeCbor(body), `answer to ${op}`) as OperationResponse<N>;
}

/** The encodings of pushes that still are on their way to somebody. */
const encodedPushes = new WeakMap<Push, Uint8Array>();

/**
 * Encodes a push's body. One push goes to many connections, so its encoding is kept for as long as the push
 * itself: a push that was encoded must not be changed.
 */
export function encodePush(push: Push): Uint8Array {
  const kept = encodedPushes.get(push);
  if (kept !== undefined) return kept;
  const body = push.push === "entries" ? encodeEntriesPush(push) : encodeCbor(push as unknown as CborValue);
  encodedPushes.set(push, body);
  return body;
}

/**
 * Makes a push of entries that are encoded already; who looks at them gets them decoded. It has to be sent before
 * the encoder is used again.
 */
export function encodedEntriesPush(mailbox: string, encoder: EntriesEncoder): Push {
  const push = new EncodedEntries(mailbox, () => encoder.array());
  encodedPushes.set(push, encoder.push(mailbox));
  return push;
}

class EncodedEntries {
  readonly push = "entries";
  readonly mailbox: string;
  readonly #array: () => Uint8Array;
  #entries: Entry[] | undefined;

  constructor(mailbox: string, array: () => Uint8Array) {
    this.mailbox = mailbox;
    this.#array = array;
  }

  get entries(): Entry[] {
    return this.#entries ??= decodeEntries(this.#array().slice());
  }
}

/**
 * Decodes a push's body.
 *
 * @throws {DecodeError} `cbor-malformed`, `message-malformed`
 */
export function decodePush(body: Uint8Array): Push {
  return checked(pushSchema, decodeCbor(body), "push");
}

/** Encodes the body of an error or a goodbye. */
export function encodeRemoteError(error: RemoteError): Uint8Array {
  return encodeCbor({ ...error });
}

/**
 * Decodes the body of an error or a goodbye.
 *
 * @throws {DecodeError} `cbor-malformed`, `message-malformed`
 */
export function decodeRemoteError(body: Uint8Array): RemoteError {
  return checked(remoteErrorSchema, decodeCbor(body), "error");
}

function checked<S extends v.GenericSchema>(schema: S, value: unknown, what: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? "fields";
  throw new DecodeError("message-malformed", `cannot decode ${what}: ${field} is not as expected`, { field });
}
