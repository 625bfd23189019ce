import { decodeMlsMessage, emptyPskIndex, joinGroup as joinMlsGroup, type Welcome } from "ts-mls";
import { DecodeError } from "../errors/mod.ts";
import { type MlsContext, withClientConfig } from "./context.ts";
import { enterEpoch, type GroupSnapshot } from "./group_snapshot.ts";
import { decodeKeyPackageMessage, decodePrivateKeys } from "./key_package.ts";
import { withMlsErrors } from "./mls_error.ts";

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
 * author's signature and the confirmation tag.
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
      return enterEpoch(context, (suite) =>
        joinMlsGroup(
          decodeWelcomeMessage(message),
          decodeKeyPackageMessage(keyPackage),
          decodePrivateKeys(context, privateKeys),
          emptyPskIndex,
          suite,
          undefined,
          undefined,
          config,
        ));
    })
  );
}

function decodeWelcomeMessage(message: Uint8Array): Welcome {
  const decoded = decodeMlsMessage(message, 0);
  if (decoded === undefined || decoded[1] !== message.length || decoded[0].wireformat !== "mls_welcome") {
    throw new DecodeError("mls-malformed", "cannot decode MLS welcome");
  }
  return decoded[0].welcome;
}
