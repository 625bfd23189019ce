/**
 * What the profiles are made of, for those who measure them: loaded by `importParts()` only, since most of it is heavy.
 *
 * @module
 */
export { openEnvelope, sealEnvelope } from "./ca_chat/envelope.ts";
export { encodeMessage as encodeCaChatMessage } from "./ca_chat/messages.ts";
export {
  type Cutter,
  decryptAes256Cbc,
  decryptAesCbcBlocks,
  decryptAesCfb,
  decryptOaep,
  defineDhGroup,
  Des,
  type DhGroup,
  dhGroup14,
  DhKeyPair,
  encodeFrame,
  encryptAes256Cbc,
  encryptAesCbcBlocks,
  encryptAesCfb,
  encryptOaep,
  exactCutter,
  ExponentKey,
  formatDhPublicKey,
  frameCutter,
  frameCutterWith,
  generateRsaKey,
  generateSafePrime,
  importClient,
  jsonCutter,
  MessageReader,
  parseDhParameters,
  parseDhPublicKey,
  pemCutter,
  PSS_MAX_SALT_BYTES,
  SealedChannel,
  type SealedMessage,
  signPss,
  verifyPss,
} from "./core/mod.ts";
export { AwaitingProof, encodeKeyStep, Opcode } from "./ddes/messages.ts";
export { cutConfirmation, encodeRequest, replyCutter } from "./ddes/original_messages.ts";
export { Suite as DdesSuite } from "./ddes/suite.ts";
export { formatMessage as formatDhAesMessage } from "./dh_aes/messages.ts";
export { Suite as DhAesSuite } from "./dh_aes/suite.ts";
export { formatSealed, parseSealed } from "./elgamal/messages.ts";
export { parametersOf as elgamalParameters } from "./elgamal/parameters.ts";
export { signValue, verifyValue } from "./elgamal/signature.ts";
export { Suite as ElgamalSuite } from "./elgamal/suite.ts";
export { CLIENT_IDS, keyFolder as keypartsKeys } from "./keyparts/files.ts";
export { encodeLogin, FIXED as KEYPARTS_ANSWERS, serverMessageCutter } from "./keyparts/messages.ts";
export { PART_BYTES, SessionCipher } from "./keyparts/suite.ts";
