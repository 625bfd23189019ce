import {
  exportPublicKey,
  fingerprintOf,
  fingerprintWordsOf,
  type KeyForm,
  type KeyText,
} from "../../lib/pki/mod.ts";
import type { CommandContext } from "../command.ts";

const FORM_NAMES: Record<KeyForm, string> = {
  "pkcs8": "PKCS#8, not encrypted",
  "pkcs8-encrypted": "PKCS#8, encrypted",
  "spki": "SubjectPublicKeyInfo",
  "pkcs1": "PKCS#1, not encrypted",
  "sec1": "SEC 1, not encrypted",
  "jwk": "JSON Web Key",
};

/** Shows what a key is; nothing of its private half. */
export function showKey({ key, form }: KeyText, context: CommandContext): void {
  const { algorithm, spki, pkcs8 } = key;
  pkcs8?.fill(0);
  const half = pkcs8 === undefined ? "public" : "private";
  const publicKey = exportPublicKey(spki);
  const fingerprint = fingerprintOf(spki), words = fingerprintWordsOf(spki);
  context.out.result(
    { type: "key", algorithm, half, form, fingerprint, words, publicKey },
    `${algorithm} ${half} key (${FORM_NAMES[form]})\n${fingerprint}\n${words}\n${publicKey}`,
  );
}
