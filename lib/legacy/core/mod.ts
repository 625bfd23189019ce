/**
 * What the classic systems share: unframed messages over plain TCP, Diffie-Hellman, RSA and DES as they used
 * them, rosters and inboxes. Only profiles import it.
 *
 * @module
 */
export { AesCbcKey, CBC_IV_BYTES } from "./aes_cbc.ts";
export { decryptAesCfb, encryptAesCfb } from "./aes_cfb.ts";
export { decodeBigInteger, encodeBigInteger } from "./big_integer.ts";
export { Des, DES_BYTES } from "./des.ts";
export {
  admitDhGroup,
  assertDhGroup,
  assertDhPublicValue,
  defineDhGroup,
  type DhGroup,
  dhGroup14,
} from "./dh_group.ts";
export { DhKeyPair } from "./dh_key_pair.ts";
export { type Dialect, DIALECTS } from "./dialect.ts";
export { encodeFrame, frameCutter, frameCutterWith } from "./frame.ts";
export { HmacKey } from "./hmac_key.ts";
export { Inbox, type InboxLimits, type WaitingMessage } from "./inbox.ts";
export { jsonCutter } from "./json_cutter.ts";
export { assertListenAddress, isLoopback } from "./listen_address.ts";
export {
  type ByteSource,
  type Cut,
  type Cutter,
  MessageReader,
  type MessageReaderOptions,
} from "./message_reader.ts";
export { type ByteSink, MessageWriter, type MessageWriterOptions } from "./message_writer.ts";
export { modPow } from "./mod_pow.ts";
export { parseMessage, type Reviver } from "./parse_message.ts";
export type {
  CertificateIssuer,
  ConnectOptions,
  KeyFile,
  MakeKeysOptions,
  Profile,
  ProfileConsole,
  ProfileEnvironment,
  ProfileEvent,
  ProfileServer,
  SendOptions,
  ServeOptions,
  Weakness,
} from "./profile.ts";
export { dialRaw, RawConnection, type RawConnectionOptions } from "./raw_connection.ts";
export { listenRaw, type RawListenerOptions } from "./raw_listener.ts";
export { replaceFile } from "./replace_file.ts";
export { Roster } from "./roster.ts";
export { decryptOaep, encryptOaep, PSS_MAX_SALT_BYTES, RSA_2048_BYTES, signPss, verifyPss } from "./rsa.ts";
export {
  encodeRsaPublicKey,
  formatRsaPrivateKey,
  formatRsaPublicKey,
  generateRsaKey,
  parseCertificateKey,
  parseRsaPrivateKey,
  parseRsaPublicKey,
} from "./rsa_key.ts";
export { generateSafePrime } from "./safe_prime.ts";
