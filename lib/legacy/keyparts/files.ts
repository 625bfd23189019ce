import { type KeyFile, type MakeKeysOptions, RsaKeyFolder } from "../core/mod.ts";

/** The clients of the description. */
export const CLIENT_IDS: readonly string[] = ["client1", "client2", "client3"];

/** The files of keys and certificates. */
export const keyFolder: RsaKeyFolder = new RsaKeyFolder({
  privateKeySuffix: "_private.key",
  certificateSuffix: "_cert.pem",
  missingHint: "parley ca issue --profile keyparts makes keys and certificates",
});

/** Makes keys and certificates; for the server and the three clients unless told otherwise. */
export function makeKeypartsKeys({ names, issuer }: MakeKeysOptions): Promise<readonly KeyFile[]> {
  return keyFolder.make(names.length > 0 ? names : ["server", ...CLIENT_IDS], issuer);
}
