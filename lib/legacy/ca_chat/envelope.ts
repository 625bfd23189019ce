import type { KeyObject } from "node:crypto";
import { deflateSync } from "node:zlib";
import * as v from "valibot";
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";
import {
  inflate,
  openRsaEnvelope,
  parseMessage,
  PSS_MAX_SALT_BYTES,
  sealRsaEnvelope,
  signPss,
  verifyPss,
} from "../core/mod.ts";

const envelopeSchema = v.object({
  key_id: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
  session_key: v.string(),
  message: v.string(),
});
const signedSchema = v.object({ message: v.string(), signature: v.string() });

/** Whose key encrypts. */
export interface Recipient {
  /** The id of the key in the recipient's `keys.json`. */
  readonly keyId: string;
  /** The recipient's public key. */
  readonly publicKey: KeyObject;
}

/**
 * Seals a text: signed, encrypted for the recipient, compressed, in base64.
 *
 * ```text
 * signed  = JSON {message, signature: base64(RSA-PSS-SHA256 over the UTF-8 of message, salt 222)}
 * sealed  = base64(zlib(IV (16) | AES-256-CBC(session key, signed)))
 * result  = base64(JSON {key_id, session_key: base64(RSA-OAEP-SHA256(session key)), message: sealed})
 * ```
 */
export function sealEnvelope(
  text: string,
  sender: KeyObject,
  recipient: Recipient,
  random: RandomSource,
): string {
  const signature = encodeBase64(signPss(sender, encodeUtf8(text)));
  const signed = encodeUtf8(JSON.stringify({ message: text, signature }));
  const { wrappedKey, ciphertext } = sealRsaEnvelope(recipient.publicKey, signed, random);
  return encodeBase64(encodeUtf8(JSON.stringify({
    key_id: recipient.keyId,
    session_key: encodeBase64(wrappedKey),
    message: encodeBase64(new Uint8Array(deflateSync(ciphertext))),
  })));
}

/** What {@link openEnvelope} needs to know. */
export interface OpenEnvelopeOptions {
  /** Finds the own private key with this id. */
  readonly privateKey: (keyId: string) => KeyObject | undefined;
  /** The sender's public key. */
  readonly sender: KeyObject;
  /** The most that may come out of the compression. */
  readonly maxBytes: number;
}

/**
 * Opens what {@link sealEnvelope} sealed and verifies the signature, which the published program reports only.
 *
 * @throws {DecodeError} `envelope-malformed`, `message-malformed`, `base64-malformed`, `utf8-malformed`
 * @throws {AuthenticationError} `decryption-failed`, `signature-wrong`
 */
export function openEnvelope(sealed: string, options: OpenEnvelopeOptions): string {
  const { key_id, session_key, message } = parseMessage(envelopeSchema, decodeUtf8(decodeBase64(sealed)));
  const privateKey = options.privateKey(key_id);
  if (privateKey === undefined) throw new AuthenticationError("decryption-failed", "decryption failed");
  const ciphertext = inflate(decodeBase64(message), options.maxBytes);
  const plaintext = openRsaEnvelope(privateKey, decodeBase64(session_key), ciphertext);
  const signed = parseMessage(signedSchema, decodeUtf8(plaintext));
  const signature = decodeBase64(signed.signature);
  if (verifyPss(options.sender, encodeUtf8(signed.message), signature, PSS_MAX_SALT_BYTES)) {
    return signed.message;
  }
  throw new AuthenticationError("signature-wrong", "the sender's signature is wrong");
}
