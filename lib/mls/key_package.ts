import {
  type Capabilities,
  decodeMlsMessage,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  type KeyPackage,
  type PrivateKeyPackage,
} from "ts-mls";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { Reader, Writer } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import type { CredentialHolder, MlsContext } from "./context.ts";
import { GROUP_DATA_EXTENSION } from "./group_data.ts";
import { withMlsErrors } from "./mls_error.ts";

/** A key package of one's own. */
export interface GeneratedKeyPackage {
  /** The KeyPackage (RFC 9420 §10) as an MLSMessage, to be published. */
  message: Uint8Array<ArrayBuffer>;
  /** Its private keys, to be kept encrypted: two byte strings, each after its varint length. */
  privateKeys: Uint8Array;
  /** KeyPackageRef (RFC 9420 §5.2), by which a welcome names it. */
  reference: Uint8Array;
}

/** The `last_resort` extension (RFC 9420 §17.3 registry) marks a package that may be used repeatedly. */
const LAST_RESORT = 0x000a;

/** Makes a key package for this member that is valid between two dates. */
export async function generateKeyPackage(
  context: MlsContext,
  validity: { notBefore: Date; notAfter: Date },
  options: { lastResort?: boolean } = {},
): Promise<GeneratedKeyPackage> {
  const { publicPackage, privatePackage } = await generateOwnKeyPackage(
    context,
    validity,
    options.lastResort,
  );
  return {
    message: new Uint8Array(
      encodeMlsMessage({ version: "mls10", wireformat: "mls_key_package", keyPackage: publicPackage }),
    ),
    privateKeys: encodePrivateKeys(privatePackage),
    reference: await makeKeyPackageRef(publicPackage, context.suite.hash),
  };
}

/** The same as ts-mls's objects, for this room. */
export function generateOwnKeyPackage(
  context: MlsContext,
  validity: { notBefore: Date; notAfter: Date },
  lastResort = false,
): Promise<{ publicPackage: KeyPackage; privatePackage: PrivateKeyPackage }> {
  const { certificates, signaturePrivateKey, signaturePublicKey } = context.identity;
  const capabilities: Capabilities = {
    versions: ["mls10"],
    ciphersuites: [context.suite.name],
    extensions: [LAST_RESORT, GROUP_DATA_EXTENSION],
    proposals: [],
    credentials: ["x509"],
  };
  return generateKeyPackageWithKey(
    { credentialType: "x509", certificates },
    capabilities,
    { notBefore: toSeconds(validity.notBefore), notAfter: toSeconds(validity.notAfter) },
    lastResort ? [{ extensionType: LAST_RESORT, extensionData: new Uint8Array() }] : [],
    { signKey: signaturePrivateKey, publicKey: signaturePublicKey },
    context.suite,
  );
}

/**
 * Reads a key package that somebody published and says whose it is. Its signatures are checked when it is
 * added to a group.
 *
 * @throws {DecodeError} `mls-malformed`
 * @throws {AuthenticationError} where its credential is not to be trusted
 */
export function readKeyPackage(context: MlsContext, message: Uint8Array): Promise<CredentialHolder> {
  return withMlsErrors(() => {
    const { credential } = decodeKeyPackageMessage(message).leafNode;
    if (credential.credentialType !== "x509") throw malformed();
    return context.checkCredential(credential.certificates);
  });
}

/** Decodes an MLSMessage that must hold a key package. */
export function decodeKeyPackageMessage(message: Uint8Array): KeyPackage {
  const decoded = decodeMlsMessage(message, 0);
  if (decoded === undefined || decoded[1] !== message.length) throw malformed();
  if (decoded[0].wireformat !== "mls_key_package") throw malformed();
  return decoded[0].keyPackage;
}

/** Puts the private keys back into the object that ts-mls expects. */
export function decodePrivateKeys(context: MlsContext, bytes: Uint8Array): PrivateKeyPackage {
  const reader = new Reader(bytes);
  const initPrivateKey = reader.bytes(reader.varint("init key"), "init key");
  const hpkePrivateKey = reader.bytes(reader.varint("leaf key"), "leaf key");
  reader.end("private key package");
  return { initPrivateKey, hpkePrivateKey, signaturePrivateKey: context.identity.signaturePrivateKey };
}

function encodePrivateKeys({ initPrivateKey, hpkePrivateKey }: PrivateKeyPackage): Uint8Array {
  return new Writer()
    .varint(initPrivateKey.length).bytes(initPrivateKey)
    .varint(hpkePrivateKey.length).bytes(hpkePrivateKey)
    .finish();
}

function toSeconds(date: Date): bigint {
  return BigInt(Math.floor(date.getTime() / 1000));
}

function malformed(): DecodeError {
  return new DecodeError("mls-malformed", "cannot decode MLS key package");
}
