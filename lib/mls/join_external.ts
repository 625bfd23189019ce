import { encodeMlsMessage, type GroupInfo, joinGroupExternal } from "ts-mls";
import type { ClientConfig } from "ts-mls/clientConfig.js";
import { ratchetTreeFromExtension } from "ts-mls/groupInfo.js";
import { equalBytes } from "../bytes/mod.ts";
import { decodeUtf8 } from "../bytes/mod.ts";
import { ProtocolError } from "../errors/mod.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { decodeGroupInfoMessage } from "./group_info.ts";
import { enterEpoch, type GroupSnapshot, readMembers } from "./group_snapshot.ts";
import { generateOwnKeyPackage } from "./key_package.ts";
import { withMlsErrors } from "./mls_error.ts";

/** A commit by which this device enters a group from outside. */
export interface ExternalJoin {
  /** The commit as an MLSMessage (PublicMessage, RFC 9420 §12.4.3.2). */
  commit: Uint8Array<ArrayBuffer>;
  /** The epoch that it ends. */
  epoch: number;
  /** The state that holds once it has been accepted. */
  pending: GroupSnapshot;
}

/**
 * Makes the commit by which this device enters a group from outside, and takes its former leaf's place where it
 * has one. Checks what a welcome's joiner checks: every member's credential, the tree, and the signature of the
 * GroupInfo. Its confirmation tag cannot be checked from outside; where it is wrong the members refuse the commit.
 *
 * @param groupInfo The newest GroupInfo of the group, as an MLSMessage
 * @throws {DecodeError} `mls-malformed`
 * @throws {ProtocolError} `group-info-foreign` where it is another group's, `mls-invalid`
 * @throws {AuthenticationError} `mls-verification-failed`, or why a member's credential is refused
 */
export function joinExternal(
  context: MlsContext,
  groupInfo: Uint8Array,
  groupId: string,
  validity: { notBefore: Date; notAfter: Date },
): Promise<ExternalJoin> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const info = decodeGroupInfoMessage(groupInfo);
      if (decodeUtf8(info.groupContext.groupId) !== groupId) {
        throw new ProtocolError("group-info-foreign", "the group info is another group's");
      }
      const former = await findFormerKey(context, info);
      const { publicPackage, privatePackage } = await generateOwnKeyPackage(context, validity);
      let commit = new Uint8Array();
      const pending = await enterEpoch(context, async (suite) => {
        const { publicMessage, newState } = await joinGroupExternal(
          info,
          publicPackage,
          privatePackage,
          former !== undefined,
          suite,
          undefined,
          matchFormer(config, former),
        );
        const message = { version: "mls10", wireformat: "mls_public_message", publicMessage } as const;
        commit = new Uint8Array(encodeMlsMessage(message));
        return newState;
      });
      return { commit, epoch: Number(info.groupContext.epoch), pending };
    })
  );
}

/** The signature key of the leaf that this device has in the group already; it may be an earlier key of it. */
async function findFormerKey(context: MlsContext, info: GroupInfo): Promise<Uint8Array | undefined> {
  const tree = ratchetTreeFromExtension(info);
  if (tree === undefined) throw new ProtocolError("mls-invalid", "the group info has no ratchet tree");
  const { user, device } = await context.readCredential(context.identity.certificates);
  const members = await readMembers(context, tree);
  return members.find((one) => one.user === user && one.device === device)?.signatureKey;
}

function matchFormer(config: ClientConfig, former: Uint8Array | undefined): ClientConfig {
  if (former === undefined) return config;
  return {
    ...config,
    keyPackageEqualityConfig: {
      ...config.keyPackageEqualityConfig,
      compareKeyPackageToLeafNode: (_, leaf) => equalBytes(leaf.signaturePublicKey, former),
    },
  };
}
