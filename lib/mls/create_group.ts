import { createGroup as createMlsGroup } from "ts-mls";
import { encodeUtf8 } from "../bytes/mod.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { toExtensions } from "./group_data.ts";
import { enterEpoch, type GroupSnapshot } from "./group_snapshot.ts";
import { generateOwnKeyPackage } from "./key_package.ts";
import { withMlsErrors } from "./mls_error.ts";

/**
 * Creates a group whose only member is this device, at epoch 0 (RFC 9420 §11). Nobody else knows of it.
 *
 * @param groupData What the application and all members are to agree on, if anything
 */
export function createGroup(
  context: MlsContext,
  groupId: string,
  validity: { notBefore: Date; notAfter: Date },
  groupData?: Uint8Array,
): Promise<GroupSnapshot> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const { publicPackage, privatePackage } = await generateOwnKeyPackage(context, validity);
      const id = encodeUtf8(groupId);
      const extensions = toExtensions(groupData);
      return enterEpoch(
        context,
        (suite) => createMlsGroup(id, publicPackage, privatePackage, extensions, suite, config),
      );
    })
  );
}
