import { parsePem } from "../bytes/mod.ts";
import { ed25519SeedFromPkcs8, type SecretBytes } from "../crypto/mod.ts";
import { StorageError } from "../errors/mod.ts";
import type { MlsIdentity } from "../mls/mod.ts";
import { type Clock, exportPrivateKey, importPrivateKey, parseCertificates } from "../pki/mod.ts";
import type { TlsIdentity } from "../transport/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import {
  type IdentityFacts,
  identityFiles,
  identityPath,
  readIdentityFacts,
  readText,
} from "./identity_folder.ts";
import { parseStorageKey, type PassphraseSource } from "./storage_key.ts";
import { rawEd25519Key, Trust } from "./trust.ts";

/** An identity that is unlocked: its keys, and what it trusts. */
export interface Identity {
  /** Where its files are. */
  folder: string;
  /** Who it is and which relay it uses. */
  facts: IdentityFacts;
  /** For the TLS connection. */
  tls: TlsIdentity;
  /** For MLS. */
  mls: MlsIdentity;
  /** Encrypts the database. */
  storageKey: SecretBytes;
  /** Root and CRL. */
  trust: Trust;
}

/**
 * Opens an identity's folder; asks for the passphrase where there is one.
 *
 * @throws {AuthenticationError} `passphrase-wrong`
 * @throws {StorageError} `identity-damaged`
 */
export async function openIdentity(
  home: string,
  ref: DeviceRef,
  passphrase: PassphraseSource,
  clock: Clock,
): Promise<Identity> {
  const folder = identityPath(home, ref);
  try {
    const facts = await readIdentityFacts(folder);
    const once = onlyOnce(passphrase);
    const storageKey = await parseStorageKey(await readText(folder, "storageKey"), once);
    const certificatesPem = await readText(folder, "certificates");
    const certificates = parseCertificates(certificatesPem);
    const keyPem = await readText(folder, "key");
    const encrypted = parsePem(keyPem)[0]?.label !== "PRIVATE KEY";
    const keys = await importPrivateKey(keyPem, encrypted ? await once() : undefined);
    const plainPem = encrypted ? await exportPrivateKey(keys.privateKey) : keyPem;
    return {
      folder,
      facts,
      tls: { keyPem: plainPem, certificatesPem },
      mls: {
        certificates,
        signaturePublicKey: rawEd25519Key(keys.spki),
        signaturePrivateKey: ed25519SeedFromPkcs8(parsePem(plainPem)[0]!.bytes),
      },
      storageKey,
      trust: await Trust.open(folder, clock),
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new StorageError("identity-damaged", `a file of the identity is missing in ${folder}`, {
      hint: `expected ${Object.values(identityFiles).join(", ")}`,
      cause: error,
    });
  }
}

/** Asks once, however many keys are under the passphrase. */
function onlyOnce(source: PassphraseSource): PassphraseSource {
  let answer: Promise<Uint8Array> | undefined;
  return () => answer ??= source();
}
