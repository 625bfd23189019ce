import { ENTRY_ID_BYTES } from "./entry.ts";
import { ARRAY, BYTES, headBytes, HotCursor, MAP, shortText, writeFew, writeHead } from "./hot_cbor.ts";
import { limits } from "./limits.ts";
import type { OperationName, OperationRequest, OperationResponse } from "./operation_types.ts";

/** The two requests that every message costs, as {@link decodeHotRequest} reads them. */
export type HotRequest =
  | { op: "append"; fields: OperationRequest<"append"> }
  | { op: "ack"; fields: OperationRequest<"ack"> };

const APPEND = Uint8Array.of(ARRAY | 2, ...shortText("append"), MAP | 3, ...shortText("mailbox"));
const ACK = Uint8Array.of(ARRAY | 2, ...shortText("ack"), MAP | 2, ...shortText("mailbox"));
const ID = Uint8Array.of(...shortText("id"), BYTES | ENTRY_ID_BYTES);
const MESSAGE = Uint8Array.of(...shortText("message"));
const SEQ = Uint8Array.of(...shortText("seq"));
const PLACE_SEQ = Uint8Array.of(MAP | 2, ...SEQ);
const TIME = Uint8Array.of(...shortText("time"));
const NOTHING = Uint8Array.of(MAP);

/**
 * Decodes `append` and `ack` in the very form in which `encodeRequest` writes them, without a detour over
 * objects and schemas; a relay's hot path. Gives undefined for everything else, right or wrong, which the
 * general decoder then takes or refuses. What this one takes, the general one takes too, and as the same.
 */
export function decodeHotRequest(body: Uint8Array): HotRequest | undefined {
  const at = new HotCursor(body);
  if (at.skip(APPEND)) return decodeAppend(at);
  if (at.skip(ACK)) return decodeAck(at);
  return undefined;
}

function decodeAppend(at: HotCursor): HotRequest | undefined {
  const mailbox = at.mailbox();
  if (mailbox === undefined || !at.skip(ID)) return undefined;
  const id = at.bytes(ENTRY_ID_BYTES);
  if (id === undefined || !at.skip(MESSAGE)) return undefined;
  const length = at.head(BYTES);
  if (length === undefined || length < 1 || length > limits.maxMessageBytes) return undefined;
  const message = at.bytes(length);
  return message !== undefined && at.ended ? { op: "append", fields: { mailbox, id, message } } : undefined;
}

function decodeAck(at: HotCursor): HotRequest | undefined {
  const mailbox = at.mailbox();
  if (mailbox === undefined || !at.skip(SEQ)) return undefined;
  const seq = at.head(0);
  return seq !== undefined && at.ended ? { op: "ack", fields: { mailbox, seq } } : undefined;
}

/** The answers that every message costs are not longer. */
export const MAX_HOT_RESPONSE_BYTES: number = PLACE_SEQ.length + TIME.length +
  2 * headBytes(Number.MAX_SAFE_INTEGER);

/** Operations whose answers are encoded in their place. */
export type HotResponse = "append" | "commit" | "ack";

/** Whether it is one of them. */
export function isHotResponse(op: OperationName): op is HotResponse {
  return op === "append" || op === "ack" || op === "commit";
}

/**
 * Encodes an answer at a place in bytes that have room for {@link MAX_HOT_RESPONSE_BYTES}, the same bytes as the
 * general encoder's, and returns where it ends.
 */
export function encodeHotResponse(
  bytes: Uint8Array,
  start: number,
  op: HotResponse,
  fields: OperationResponse<HotResponse>,
): number {
  if (op === "ack") return writeFew(bytes, start, NOTHING);
  const { seq, time } = fields as OperationResponse<"append">;
  let at = writeFew(bytes, start, PLACE_SEQ);
  at = writeHead(bytes, at, 0, seq);
  at = writeFew(bytes, at, TIME);
  return writeHead(bytes, at, 0, time);
}
