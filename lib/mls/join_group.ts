import {
  decodeMlsMessage,
  type GroupInfo,
  type KeyPackage,
  type PrivateKeyPackage,
  type Welcome,
} from "ts-mls";
import type { GroupSecrets } from "ts-mls/groupSecrets.js";
import { verifyGroupInfoConfirmationTag } from "ts-mls/groupInfo.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import { pathToRoot } from "ts-mls/pathSecrets.js";
import { mergePrivateKeyPaths, type PrivateKeyPath, toPrivateKeyPath } from "ts-mls/privateKeyPath.js";
import { findLeafIndex, type RatchetTree } from "ts-mls/ratchetTree.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import { firstCommonAncestor } from "ts-mls/updatePath.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { AuthenticationError, DecodeError, ProtocolError } from "../errors/mod.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { type GroupSnapshot, takeSnapshot } from "./group_snapshot.ts";
import { decodeKeyPackageMessage, decodePrivateKeys } from "./key_package.ts";
import { withMlsErrors } from "./mls_error.ts";
import { verifyGroupInfo } from "./verify_group_info.ts";

/**
 * Reads for which key packages a welcome is (KeyPackageRefs, RFC 9420 §12.4.3.1).
 *
 * @throws {DecodeError} `mls-malformed`
 */
export function readWelcome(message: Uint8Array): Promise<Uint8Array[]> {
  return withMlsErrors(() =>
    Promise.resolve(decodeWelcomeMessage(message).secrets.map((secret) => secret.newMember))
  );
}

/**
 * Joins a group by a welcome (RFC 9420 §12.4.3.1): checks every member's credential, the tree, the
 * author's signature and the confirmation tag. Put together from the parts of ts-mls, for its check of the tree
 * takes time that grows with the square of the group's size.
 *
 * @param keyPackage The own key package that the welcome names, as an MLSMessage
 * @param privateKeys What `generateKeyPackage` gave with it
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `mls-invalid`
 * @throws {AuthenticationError} `mls-verification-failed`, or why a member's credential is refused
 */
export function joinGroup(
  context: MlsContext,
  message: Uint8Array,
  keyPackage: Uint8Array,
  privateKeys: Uint8Array,
): Promise<GroupSnapshot> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const { suite } = context;
      const own = decodeKeyPackageMessage(keyPackage), keys = decodePrivateKeys(context, privateKeys);
      const { info, secrets } = await openWelcome(context, decodeWelcomeMessage(message), own, keys);
      const tree = await verifyGroupInfo(info, config, suite);
      const noPsk = new Uint8Array(suite.kdf.size);
      if (!await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite)) throw unverified();
      const { groupContext, confirmationTag } = info;
      const [keySchedule, encryptionSecret] = await deriveKeySchedule(
        secrets.joinerSecret,
        noPsk,
        groupContext,
        suite.kdf,
      );
      const privatePath = await derivePath(context, tree, own, keys, secrets, info.signer);
      const state = { groupContext, keySchedule, privatePath, confirmationTag, ratchetTree: tree };
      return await takeSnapshot(context, state, encryptionSecret);
    })
  );
}

interface OpenedWelcome {
  info: GroupInfo;
  secrets: GroupSecrets;
}

async function openWelcome(
  { suite }: MlsContext,
  welcome: Welcome,
  own: KeyPackage,
  keys: PrivateKeyPackage,
): Promise<OpenedWelcome> {
  const reference = await makeKeyPackageRef(own, suite.hash);
  const initKey = await suite.hpke.importPrivateKey(keys.initPrivateKey);
  const secrets = await decryptGroupSecrets(initKey, reference, welcome, suite.hpke);
  if (secrets === undefined) throw malformed();
  if (secrets.psks.length > 0) throw new ProtocolError("mls-invalid", "the welcome needs keys shared before");
  const info = await decryptGroupInfo(welcome, secrets.joinerSecret, new Uint8Array(suite.kdf.size), suite);
  if (info === undefined) throw malformed();
  return { info, secrets };
}

/** The private keys of the own leaf, and of the nodes above it whose secret the author has sent. */
async function derivePath(
  { suite }: MlsContext,
  tree: RatchetTree,
  own: KeyPackage,
  keys: PrivateKeyPackage,
  { pathSecret }: GroupSecrets,
  signer: number,
): Promise<PrivateKeyPath> {
  const leafIndex = findLeafIndex(tree, own.leafNode);
  if (leafIndex === undefined) {
    throw new ProtocolError("mls-invalid", "the group does not hold the key package");
  }
  const leafOnly = { leafIndex, privateKeys: { [leafToNodeIndex(leafIndex)]: keys.hpkePrivateKey } };
  if (pathSecret === undefined) return leafOnly;
  const ancestor = firstCommonAncestor(tree, leafIndex, toLeafIndex(signer));
  const secrets = await pathToRoot(tree, ancestor, pathSecret, suite.kdf);
  return mergePrivateKeyPaths(await toPrivateKeyPath(secrets, leafIndex, suite), leafOnly);
}

function decodeWelcomeMessage(message: Uint8Array): Welcome {
  const decoded = decodeMlsMessage(message, 0);
  if (decoded === undefined || decoded[1] !== message.length || decoded[0].wireformat !== "mls_welcome") {
    throw malformed();
  }
  return decoded[0].welcome;
}

function malformed(): DecodeError {
  return new DecodeError("mls-malformed", "cannot decode MLS welcome");
}

function unverified(): AuthenticationError {
  return new AuthenticationError("mls-verification-failed", "cannot decrypt or verify the MLS message");
}
