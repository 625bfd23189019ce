import type { KeyObject } from "node:crypto";
import { makeCertifiedKeys } from "../../../lib/bench/profile_part.ts";
import { parseRsaPrivateKey } from "../../../lib/legacy/core/mod.ts";
import type { KeyFile } from "../../../lib/legacy/mod.ts";
import { keyparts } from "../../../lib/legacy/keyparts/mod.ts";

/** Makes the keys and certificates of the server and three clients in a folder; returns the clients' keys. */
export async function makeFolder(folder: string): Promise<Map<string, KeyObject>> {
  const keys = new Map<string, KeyObject>();
  for (const { name, text } of await (files ??= makeCertifiedKeys(keyparts))) {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
    const id = /^(client\d)_private\.key$/.exec(name)?.[1];
    if (id !== undefined) keys.set(id, parseRsaPrivateKey(text));
  }
  return keys;
}

/** RSA keys take a while: one set serves for all tests of a process. */
let files: Promise<readonly KeyFile[]> | undefined;
