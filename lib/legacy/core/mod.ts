/**
 * What the classic systems share: unframed messages over plain TCP, Diffie-Hellman, RSA and DES as they used
 * them, rosters and inboxes. Only profiles import it.
 *
 * @module
 */
export { type Account, Accounts } from "./accounts.ts";
export { addressedMessage } from "./addressed_message.ts";
export { CBC_IV_BYTES, decryptAes256Cbc, encryptAes256Cbc } from "./aes_256_cbc.ts";
export { decryptAesCbcBlocks, encryptAesCbcBlocks, unpadPkcs7 } from "./aes_cbc_blocks.ts";
export { decryptAesCfb, encryptAesCfb } from "./aes_cfb.ts";
export { Arrivals } from "./arrivals.ts";
export { assertNoRecipient } from "./assert_no_recipient.ts";
export { decodeBigInteger, encodeBigInteger } from "./big_integer.ts";
export { indexOfBytes, isHexDigits, mayBecome, startsWith, toLatin1 } from "./byte_pattern.ts";
export {
  type BroadcastClient,
  type BroadcastOptions,
  chatWithAll,
  sendToAll,
  type WithBroadcastClient,
} from "./chat_with_all.ts";
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
export {
  computeSecretFromPem,
  type DhParameters,
  formatDhParameters,
  formatDhPublicKey,
  parseDhParameters,
  parseDhPublicKey,
  pemCutter,
} from "./dh_pem.ts";
export { type Dialect, DIALECTS } from "./dialect.ts";
export { eachMessage } from "./each_message.ts";
export { type ElgamalSignature, signElgamal, verifyElgamal } from "./elgamal_signature.ts";
export { exactCutter } from "./exact_cutter.ts";
export { ExponentKey, invert } from "./exponent_key.ts";
export { isFileSafeName, MAX_FILE_SAFE_NAME_BYTES } from "./file_safe_name.ts";
export { encodeFrame, frameCutter, frameCutterWith } from "./frame.ts";
export { HmacKey } from "./hmac_key.ts";
export { Inbox, type InboxLimits, type NewMessage, type WaitingMessage } from "./inbox.ts";
export { InboxBatch } from "./inbox_batch.ts";
export { inflate } from "./inflate.ts";
export { jsonCutter } from "./json_cutter.ts";
export { readJsonFile, writeJsonFile } from "./json_file.ts";
export { integerReviver, parseInteger } from "./json_integer.ts";
export { KeyChallenge } from "./key_challenge.ts";
export { KeyConfirmation } from "./key_confirmation.ts";
export { assertListenAddress, isLoopback } from "./listen_address.ts";
export { literalCutter, type LiteralForm, literalForm } from "./literal_cutter.ts";
export { logInAtPrompt, type LoginPrompts } from "./log_in_at_prompt.ts";
export { Lookup } from "./lookup.ts";
export { mapCutter } from "./map_cutter.ts";
export {
  type ByteSource,
  type Cut,
  type Cutter,
  MessageReader,
  type MessageReaderOptions,
} from "./message_reader.ts";
export {
  type MembersOf,
  type MessageIn,
  messageParser,
  type MessageTable,
  type OutputOf,
  strictMessageParser,
  type UnknownMessage,
} from "./message_table.ts";
export { type ByteSink, MessageWriter, type MessageWriterOptions } from "./message_writer.ts";
export { modPow } from "./mod_pow.ts";
export { parseJson, parseMessage, parseSchema, type Reviver, type Schema } from "./parse_message.ts";
export type * from "./profile.ts";
export { promptLoop, type PromptLoopOptions } from "./prompt_loop.ts";
export { formatFloat, parseDecimal } from "./python_float.ts";
export { formatPythonJson } from "./python_json.ts";
export { dialRaw, RawConnection, type RawConnectionOptions } from "./raw_connection.ts";
export { listenRaw, type RawListenerOptions } from "./raw_listener.ts";
export { readTextFile } from "./read_text_file.ts";
export { saveReceivedFile } from "./received_file.ts";
export { replaceFile } from "./replace_file.ts";
export { Roster } from "./roster.ts";
export { decryptOaep, encryptOaep, PSS_MAX_SALT_BYTES, RSA_2048_BYTES, signPss, verifyPss } from "./rsa.ts";
export { RsaAuthority, type RsaAuthorityFiles } from "./rsa_authority.ts";
export { issueRsaCertificate, type RsaCertificateOptions, verifyRsaCertificate } from "./rsa_certificate.ts";
export { openRsaEnvelope, type RsaEnvelope, sealRsaEnvelope } from "./rsa_envelope.ts";
export {
  encodeRsaPublicKey,
  formatRsaPrivateKey,
  formatRsaPublicKey,
  generateRsaKey,
  parseCertificateKey,
  parseRsaPrivateKey,
  parseRsaPublicKey,
} from "./rsa_key.ts";
export { RsaKeyFile } from "./rsa_key_file.ts";
export { RsaKeyFolder, type RsaKeyNames } from "./rsa_key_folder.ts";
export { generateSafePrime } from "./safe_prime.ts";
export { type ChannelSuite, type Role, SealedChannel, type SealedMessage } from "./sealed_channel.ts";
export { Sequence } from "./sequence.ts";
export { serveClients } from "./serve_clients.ts";
export { serveWith } from "./serve_with.ts";
export { readFromServer, withServer } from "./server_connection.ts";
export {
  type MessageHandlers,
  type MessageNamed,
  ServerDialogue,
  type ServerDialogueOptions,
} from "./server_dialogue.ts";
export { importClient, importServer } from "./socket_io.ts";
export { type SocketIoAddress, SocketIoConnection } from "./socket_io_connection.ts";
export { SocketIoRoom, type SocketIoRoomOptions } from "./socket_io_room.ts";
export { serveSocketIo, type SocketIoClient, type SocketIoServerOptions } from "./socket_io_server.ts";
export { splitBySize } from "./split_by_size.ts";
export { TimedWait } from "./timed_wait.ts";
export { TrustedAuthority, type TrustedAuthorityOptions } from "./trusted_authority.ts";
export { WorkingFolder } from "./working_folder.ts";
// What of other rooms stands in the signatures above.
export type { RandomSource } from "../../crypto/mod.ts";
export type { ErrorKind, ParleyError, ParleyErrorOptions, StorageError } from "../../errors/mod.ts";
