import { decodeCbor, encodeCbor } from "../../bytes/mod.ts";
import { DecodeError, UsageError } from "../../errors/mod.ts";

const MAX_CHARACTERS = 64;

/**
 * Returns a label for a device where it can be one: a line of 64 characters at most. An empty one takes a label away.
 *
 * @throws {UsageError} `label-malformed`
 */
export function parseDeviceLabel(text: string): string {
  const label = text.trim();
  if (label.length <= MAX_CHARACTERS && !/\p{C}/u.test(label)) return label;
  throw new UsageError("label-malformed", `a label is a line of at most ${MAX_CHARACTERS} characters`);
}

/** Encodes a label for the record that all devices of the user keep: CBOR text. */
export function encodeDeviceLabel(label: string): Uint8Array {
  return encodeCbor(label);
}

/**
 * Decodes what {@link encodeDeviceLabel} made.
 *
 * @throws {DecodeError} `cbor-malformed`, `message-malformed`
 */
export function decodeDeviceLabel(bytes: Uint8Array): string {
  const label = decodeCbor(bytes);
  if (typeof label === "string" && label.length <= MAX_CHARACTERS && !/\p{C}/u.test(label)) return label;
  throw new DecodeError("message-malformed", "cannot decode the label of a device");
}
