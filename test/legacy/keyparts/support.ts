import type { KeyObject } from "node:crypto";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { parseRsaPrivateKey } from "../../../lib/legacy/core/mod.ts";
import type { KeyFile } from "../../../lib/legacy/mod.ts";
import { keyparts } from "../../../lib/legacy/keyparts/mod.ts";
import {
  createRootCertificate,
  createServerCertificate,
  generateKeyPair,
  parseCertificate,
} from "../../../lib/pki/mod.ts";

/** Makes the keys and certificates of the server and three clients in a folder; returns the clients' keys. */
export async function makeFolder(folder: string): Promise<Map<string, KeyObject>> {
  const keys = new Map<string, KeyObject>();
  for (const { name, text } of await (files ??= makeFiles())) {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
    const id = /^(client\d)_private\.key$/.exec(name)?.[1];
    if (id !== undefined) keys.set(id, parseRsaPrivateKey(text));
  }
  return keys;
}

/** RSA keys take a while: one set serves for all tests of a process. */
let files: Promise<readonly KeyFile[]> | undefined;

async function makeFiles(): Promise<readonly KeyFile[]> {
  const lifetime = { now: new Date(), lifetimeMs: 86_400_000, random: systemRandom };
  const caKeys = await generateKeyPair("ed25519");
  const root = await createRootCertificate({ ...lifetime, name: "Test CA", keys: caKeys });
  const issuer = { certificate: parseCertificate(root), key: caKeys.privateKey };
  return await keyparts.makeKeys!({
    names: [],
    issuer: { issue: (name, spki) => createServerCertificate({ ...lifetime, spki, names: [name] }, issuer) },
  });
}
