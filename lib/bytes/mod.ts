/**
 * Bytes: bounded reader and writer, text encodings, PEM, CBOR, comparison.
 *
 * @module
 */
export { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "./base64.ts";
export { type CborLimits, type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
export { concatBytes } from "./concat.ts";
export { equalBytes, equalBytesConstantTime } from "./equal.ts";
export { decodeHex, encodeHex } from "./hex.ts";
export { formatPem, parsePem, type PemBlock } from "./pem.ts";
export { Reader } from "./reader.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
export { Writer } from "./writer.ts";
