import { decodeUtf8, encodeHex, encodeUtf8 } from "../../lib/bytes/mod.ts";
import {
  exportEd25519PrivateKey,
  exportEd25519PublicKey,
  generateEd25519KeyPair,
  systemRandom,
} from "../../lib/crypto/mod.ts";
import { AuthenticationError } from "../../lib/errors/mod.ts";
import { type MlsContext, openMlsContext } from "../../lib/mls/mod.ts";

/** Stands for the CA: a "certificate" here is the text USER/DEVICE/KEY; what is not in the set is refused. */
export const enrolled: Set<string> = new Set();

/** A device that a group may have as a member. */
export async function mlsMember(user: string, device: string): Promise<MlsContext> {
  const keys = await generateEd25519KeyPair();
  const publicKey = await exportEd25519PublicKey(keys.publicKey);
  const certificate = `${user}/${device}/${encodeHex(publicKey)}`;
  enrolled.add(certificate);
  const readCredential = ([leaf]: Uint8Array[]) => {
    const [holder, name, key] = decodeUtf8(leaf!).split("/");
    const [, publicKey = "", serial = "1"] = /^([0-9a-f]+)#?(.*)$/.exec(key!) ?? [];
    return Promise.resolve({
      user: holder!,
      device: name!,
      serial: serial || "1",
      publicKey: Uint8Array.fromHex(publicKey),
    });
  };
  return openMlsContext({
    random: systemRandom,
    identity: {
      certificates: [encodeUtf8(certificate)],
      signaturePublicKey: publicKey,
      signaturePrivateKey: await exportEd25519PrivateKey(keys.privateKey),
    },
    readCredential,
    checkCredential: (certificates) => {
      if (enrolled.has(decodeUtf8(certificates[0]!))) return readCredential(certificates);
      throw new AuthenticationError("cert-untrusted", "not issued by the CA");
    },
  });
}
