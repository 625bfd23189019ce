import {
  type ClientState,
  createGroupInfoWithExternalPubAndRatchetTree,
  decodeMlsMessage,
  encodeMlsMessage,
  type GroupInfo,
} from "ts-mls";
import { DecodeError } from "../errors/mod.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { type GroupSnapshot, toClientState } from "./group_snapshot.ts";
import { withMlsErrors } from "./mls_error.ts";

/**
 * Makes the GroupInfo (RFC 9420 §12.4.3) by which a device can join the given epoch from outside, as an
 * MLSMessage: signed by this member, with the ratchet tree and the external public key. It holds nothing secret;
 * who may use it is decided by the members, who check each joiner.
 */
export function createGroupInfo(context: MlsContext, group: GroupSnapshot): Promise<Uint8Array<ArrayBuffer>> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const state: ClientState = toClientState(context, group.epoch, group.tree, new Map(), config);
      const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(state, [], context.suite);
      return new Uint8Array(
        encodeMlsMessage({ version: "mls10", wireformat: "mls_group_info", groupInfo }),
      );
    })
  );
}

/**
 * Decodes an MLSMessage that must hold a GroupInfo. Its signature is not checked.
 *
 * @throws {DecodeError} `mls-malformed`
 */
export function decodeGroupInfoMessage(message: Uint8Array): GroupInfo {
  const decoded = decodeMlsMessage(message, 0);
  if (decoded === undefined || decoded[1] !== message.length || decoded[0].wireformat !== "mls_group_info") {
    throw new DecodeError("mls-malformed", "cannot decode MLS group info");
  }
  return decoded[0].groupInfo;
}
