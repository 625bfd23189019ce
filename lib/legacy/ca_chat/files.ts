import { join } from "node:path";
import type { RandomSource } from "../../crypto/mod.ts";
import {
  formatRsaPrivateKey,
  formatRsaPublicKey,
  generateRsaKey,
  type KeyFile,
  RsaAuthority,
} from "../core/mod.ts";

/** The accounts in a server's folder. */
export const ACCOUNTS = "database/users.json";
/** The authority's public key; clients in the same folder read it. */
export const CA_PUBLIC_KEY = "ca_public_key.pem";
const CA_PRIVATE_KEY = "ca_private_key.pem";
/** A user's own keys. */
export const KEYS = "keys.json";

/** The file of a user's certificate; client and server both write it, for they may share the folder. */
export function certificateName(user: string): string {
  return `${user}_certificate.pem`;
}

/** Makes an authority's key pair. */
export async function makeAuthorityKeys(): Promise<readonly KeyFile[]> {
  const key = await generateRsaKey();
  return [
    { name: CA_PRIVATE_KEY, text: formatRsaPrivateKey(key), secret: true },
    { name: CA_PUBLIC_KEY, text: formatRsaPublicKey(key), secret: false },
  ];
}

/** Opens the authority of a folder, made where there is none. Its certificates name the user as issuer, too. */
export function openAuthority(
  folder: string,
  now: () => number,
  random: RandomSource,
): Promise<RsaAuthority> {
  const files = {
    privateKeyPath: join(folder, CA_PRIVATE_KEY),
    publicKeyPath: join(folder, CA_PUBLIC_KEY),
    certificatePath: (user: string) => join(folder, certificateName(user)),
  };
  return RsaAuthority.open(files, now, random);
}
