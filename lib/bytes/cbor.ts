import { Encoder } from "cbor-x/index-no-eval";
import { DecodeError, InternalError } from "../errors/mod.ts";
import { checkCborProfile, MAX_NEGATIVE } from "./cbor_profile.ts";

/** What parley's CBOR profile can carry. */
export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | CborValue[]
  | { [key: string]: CborValue | undefined };

/** Bounds that a CBOR item must keep; they are checked before anything is allocated. */
export interface CborLimits {
  /** Levels of nesting. Default 16. */
  maxDepth?: number;
  /** Items in all, counting every element, key and value. Default 100,000. */
  maxItems?: number;
}

/** `int64AsNumber` exists in the library and is missing in its types. */
const options = {
  mapsAsObjects: true,
  useRecords: false,
  tagUint8Array: false,
  variableMapSize: true,
  int64AsNumber: true,
};
const codec = new Encoder(options);

/**
 * Encodes a value as CBOR (RFC 8949) in parley's profile: definite lengths, shortest integers, maps
 * with text keys in the order given, no tags. A property whose value is `undefined` is left out.
 * Integers lie between -2^31 and 2^53 - 1; other numbers are finite and not whole.
 *
 * @throws {InternalError} for a number outside that profile, and for text with half a surrogate pair
 */
export function encodeCbor(value: CborValue): Uint8Array {
  return new Uint8Array(codec.encode(toLibraryValue(value)));
}

/** The library writes an integer of more than 32 bits as a float unless it is a bigint. */
function toLibraryValue(value: CborValue | undefined): unknown {
  if (typeof value === "number") return toLibraryNumber(value);
  if (typeof value === "string" && !value.isWellFormed()) {
    throw new InternalError("cannot encode CBOR: text holds half a surrogate pair");
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(toLibraryValue);
  const out: Record<string, unknown> = {};
  for (const key in value) {
    if (value[key] !== undefined) out[key] = toLibraryValue(value[key]);
  }
  return out;
}

function toLibraryNumber(value: number): number | bigint {
  const whole = Number.isInteger(value);
  if (!Number.isFinite(value) || (whole && (value < -MAX_NEGATIVE || !Number.isSafeInteger(value)))) {
    throw new InternalError(`cannot encode CBOR: ${value} is outside the profile`);
  }
  return whole && value > 0xffff_ffff ? BigInt(value) : value;
}

/**
 * Decodes one CBOR item of parley's profile. Form, nesting and count are checked before the library
 * sees the bytes, so that a hostile length cannot allocate and a tag cannot reach an extension.
 *
 * @throws {DecodeError} `cbor-malformed`, `truncated`, `trailing-bytes`, `utf8-malformed`
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = {}): unknown {
  checkCborProfile(bytes, limits.maxDepth ?? 16, limits.maxItems ?? 100_000);
  try {
    // A view of its own, for the library leaves a property on what it is given.
    return codec.decode(bytes.subarray());
  } catch (cause) {
    throw new DecodeError("cbor-malformed", "cannot decode CBOR", { cause });
  }
}
