import assert from "node:assert/strict";
import { type CiphersuiteImpl, decodeMlsMessage, getCiphersuiteFromName, type MLSMessage } from "ts-mls";
import { decodeHex } from "../../lib/bytes/mod.ts";
import { interoperableSuite, webCryptoProvider } from "../../lib/mls/provider.ts";

/** Our implementation of the suite that the working group's vectors are for. */
export function loadSuite(): Promise<CiphersuiteImpl> {
  return webCryptoProvider.getCiphersuiteImpl(getCiphersuiteFromName(interoperableSuite));
}

/** Decodes one MLSMessage to its last byte. */
export function decodeMessage(hex: string): MLSMessage {
  return decodeAll(decodeMlsMessage, hex);
}

/** Decodes one structure to its last byte. */
export function decodeAll<T>(
  decoder: (bytes: Uint8Array, offset: number) => [T, number] | undefined,
  hex: string,
): T {
  const bytes = decodeHex(hex);
  const decoded = decoder(bytes, 0);
  assert.ok(decoded);
  assert.equal(decoded[1], bytes.length);
  return decoded[0];
}
