import { formatPem } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import {
  encodeRsaPublicKey,
  formatRsaPrivateKey,
  generateRsaKey,
  type KeyFile,
  type MakeKeysOptions,
} from "../core/mod.ts";
import { certificateName, CLIENT_IDS, privateKeyName } from "./files.ts";
import { isClientId } from "./messages.ts";

/**
 * Makes RSA keys and, where somebody signs them, certificates; for the server and the three clients unless told
 * otherwise.
 *
 * @throws {UsageError} `client-id-malformed`
 */
export async function makeKeypartsKeys({ names, issuer }: MakeKeysOptions): Promise<readonly KeyFile[]> {
  const ids = names.length > 0 ? names : ["server", ...CLIENT_IDS];
  const malformed = ids.find((id) => !isClientId(id));
  if (malformed !== undefined) {
    throw new UsageError("client-id-malformed", `no client can have the id ${JSON.stringify(malformed)}`);
  }
  const files: KeyFile[] = [];
  for (const id of ids) {
    const key = await generateRsaKey();
    files.push({ name: privateKeyName(id), text: formatRsaPrivateKey(key), secret: true });
    if (issuer === undefined) continue;
    const certificate = await issuer.issue(id, encodeRsaPublicKey(key));
    files.push({ name: certificateName(id), text: formatPem("CERTIFICATE", certificate), secret: false });
  }
  return files;
}
