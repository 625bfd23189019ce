import { createGroup as createMlsGroup } from "ts-mls";
import { encodeUtf8 } from "../bytes/mod.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { type GroupSnapshot, takeSnapshot } from "./group_snapshot.ts";
import { generateOwnKeyPackage } from "./key_package.ts";
import { withMlsErrors } from "./mls_error.ts";

/** Creates a group whose only member is this device, at epoch 0 (RFC 9420 §11). Nobody else knows of it. */
export function createGroup(
  context: MlsContext,
  groupId: string,
  validity: { notBefore: Date; notAfter: Date },
): Promise<GroupSnapshot> {
  return withMlsErrors(() =>
    withClientConfig(context, async (config) => {
      const { publicPackage, privatePackage } = await generateOwnKeyPackage(context, validity);
      const id = encodeUtf8(groupId);
      const state = await createMlsGroup(id, publicPackage, privatePackage, [], context.suite, config);
      return takeSnapshot(context, state);
    })
  );
}
