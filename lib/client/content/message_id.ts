import { concatBytes, encodeUtf8, Writer } from "../../bytes/mod.ts";
import { digest } from "../../crypto/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { formatIdentityUri, type Identity } from "../../pki/mod.ts";
import { HASH_SHA256, MESSAGE_ID_BYTES, type MessageId, SALT_BYTES } from "./mimi_content.ts";

/** An array of seven items, and then a byte string of 16 bytes: how every message begins. */
const BEGINNING = [0x87, 0x50];

/**
 * Derives a message's id (draft-ietf-mimi-content-09 §3.3) from its encoded content as it was sent. The
 * lengths of the URIs are in bytes:
 *
 * ```text
 * 0x01 || SHA-256(u16 length || senderUri || u16 length || roomUri || content || salt)[0..30]
 * ```
 *
 * @throws {DecodeError} `content-malformed` where the content does not begin with a salt
 */
export function deriveMessageId(content: Uint8Array, senderUri: string, roomUri: string): MessageId {
  const salt = content.subarray(BEGINNING.length, BEGINNING.length + SALT_BYTES);
  if (salt.length !== SALT_BYTES || BEGINNING.some((byte, i) => content[i] !== byte)) {
    throw new DecodeError("content-malformed", "cannot decode message content: salt", { field: "salt" });
  }
  const input = concatBytes(prefixed(senderUri), prefixed(roomUri), content, salt);
  const id = new Uint8Array(MESSAGE_ID_BYTES);
  id[0] = HASH_SHA256;
  id.set(digest("SHA-256", input).subarray(0, MESSAGE_ID_BYTES - 1), 1);
  return id;
}

/**
 * Formats the URI of a message's sender, as it stands in the device's certificate: `parley:USER/DEVICE`.
 *
 * @throws {UsageError} `name-malformed`
 */
export function formatSenderUri(device: Identity): string {
  return formatIdentityUri(device);
}

/** Formats the URI of a conversation: `parley:` and the name of its mailbox, which is the MLS group id. */
export function formatRoomUri(mailbox: string): string {
  return `parley:${mailbox}`;
}

function prefixed(uri: string): Uint8Array {
  const bytes = encodeUtf8(uri);
  return new Writer(bytes.length + 2).u16(bytes.length).bytes(bytes).finish();
}
