import { type ClientState, encodeMlsMessage, type KeyPackage } from "ts-mls";
import { composeBufferEncoders, encode } from "ts-mls/codec/tlsEncoder.js";
import { varLenDataEncoder } from "ts-mls/codec/variableLength.js";
import { createGroupInfoWithRatchetTree } from "ts-mls/createCommit.js";
import { groupSecretsEncoder } from "ts-mls/groupSecrets.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import type { EpochSecrets } from "ts-mls/keySchedule.js";
import { filteredDirectPath } from "ts-mls/ratchetTree.js";
import { isAncestor, type LeafIndex, leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import type { PathSecret } from "ts-mls/updatePath.js";
import { encryptGroupInfo } from "ts-mls/welcome.js";
import { encodeUtf8 } from "../bytes/mod.ts";
import type { MlsContext } from "./context.ts";

const encodeInfo = encode(composeBufferEncoders([varLenDataEncoder, varLenDataEncoder]));
const encodeGroupSecrets = encode(groupSecretsEncoder);

/**
 * Makes the welcome for those whom a commit adds (RFC 9420 §12.4.3.1); undefined where it adds nobody. The GroupInfo,
 * which may have megabytes, is hashed once for all of them.
 */
export async function createWelcome(
  { suite }: MlsContext,
  next: ClientState,
  added: [LeafIndex, KeyPackage][],
  pathSecrets: PathSecret[],
  { joinerSecret, welcomeSecret }: EpochSecrets,
): Promise<Uint8Array | undefined> {
  if (added.length === 0) return undefined;
  const { groupContext, confirmationTag, ratchetTree } = next;
  const groupInfo = await createGroupInfoWithRatchetTree(
    groupContext,
    confirmationTag,
    next,
    ratchetTree,
    [],
    suite,
  );
  const encryptedGroupInfo = await encryptGroupInfo(groupInfo, welcomeSecret, suite);
  const author = toLeafIndex(next.privatePath.leafIndex);
  const above = filteredDirectPath(author, ratchetTree);
  const recipients = await Promise.all(added.map(async ([leaf, keyPackage]) => {
    const ancestor = above.find((node) => isAncestor(leafToNodeIndex(leaf), node, ratchetTree.length));
    const pathSecret = pathSecrets.find(({ nodeIndex }) => nodeIndex === Number(ancestor))?.secret;
    return {
      publicKey: await suite.hpke.importPublicKey(keyPackage.initKey),
      plaintext: encodeGroupSecrets({ joinerSecret, pathSecret, psks: [] }),
    };
  }));
  // EncryptWithLabel (RFC 9420 §5.1.3).
  const info = encodeInfo([encodeUtf8("MLS 1.0 Welcome"), encryptedGroupInfo]);
  const sealed = await suite.hpke.sealEach(recipients, { info });
  const secrets = await Promise.all(sealed.map(async ({ enc, ciphertext }, i) => ({
    newMember: await makeKeyPackageRef(added[i]![1], suite.hash),
    encryptedGroupSecrets: { kemOutput: enc, ciphertext },
  })));
  return encodeMlsMessage({
    version: "mls10",
    wireformat: "mls_welcome",
    welcome: { cipherSuite: groupContext.cipherSuite, secrets, encryptedGroupInfo },
  });
}
