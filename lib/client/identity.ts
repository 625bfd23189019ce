import { equalBytes, formatPem, parsePem } from "../bytes/mod.ts";
import { ed25519SeedFromPkcs8, SecretBytes } from "../crypto/mod.ts";
import { StorageError } from "../errors/mod.ts";
import type { MlsIdentity } from "../mls/mod.ts";
import {
  type Clock,
  exportPrivateKey,
  importPrivateKey,
  type KeyPair,
  parseCertificate,
  parseCertificates,
} from "../pki/mod.ts";
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

/** Keeps the unlocked keys of an identity for other processes. */
export interface KeyKeeper {
  /** What was kept; undefined where nothing is. */
  recall(): Promise<Record<string, Uint8Array> | undefined>;
  /** Keeps the storage key and the private key (PKCS#8 in DER), named `storageKey` and `privateKey`. */
  keep(secrets: Record<string, Uint8Array>): Promise<void>;
}

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
 * Opens an identity's folder; asks for the passphrase where there is one and the keeper has not got the keys.
 *
 * @throws {AuthenticationError} `passphrase-wrong`
 * @throws {StorageError} `identity-damaged`
 */
export async function openIdentity(
  home: string,
  ref: DeviceRef,
  passphrase: PassphraseSource,
  clock: Clock,
  keeper?: KeyKeeper,
): Promise<Identity> {
  const folder = identityPath(home, ref);
  try {
    const facts = await readIdentityFacts(folder);
    const certificatesPem = await readText(folder, "certificates");
    const certificates = parseCertificates(certificatesPem);
    const { storageKey, keys, plainPem } = await unlock(folder, certificates[0]!, passphrase, keeper);
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

interface Unlocked {
  storageKey: SecretBytes;
  keys: KeyPair;
  /** The private key, PKCS#8 in PEM, not encrypted. */
  plainPem: string;
}

/** Opens the keys with what the keeper has, or with the passphrase; then the keeper gets them. */
async function unlock(
  folder: string,
  certificate: Uint8Array,
  passphrase: PassphraseSource,
  keeper: KeyKeeper | undefined,
): Promise<Unlocked> {
  const keyPem = await readText(folder, "key");
  const encrypted = parsePem(keyPem)[0]?.label !== "PRIVATE KEY";
  const recalled = encrypted ? await recall(certificate, keeper) : undefined;
  if (recalled !== undefined) return recalled;
  const once = onlyOnce(passphrase);
  const storageKey = await parseStorageKey(await readText(folder, "storageKey"), once);
  const keys = await importPrivateKey(keyPem, encrypted ? await once() : undefined);
  const plainPem = encrypted ? await exportPrivateKey(keys.privateKey) : keyPem;
  if (encrypted) {
    await keeper?.keep({ storageKey: storageKey.expose(), privateKey: parsePem(plainPem)[0]!.bytes });
  }
  return { storageKey, keys, plainPem };
}

async function recall(certificate: Uint8Array, keeper: KeyKeeper | undefined): Promise<Unlocked | undefined> {
  const { storageKey, privateKey } = await keeper?.recall() ?? {};
  if (storageKey === undefined || privateKey === undefined) return undefined;
  const plainPem = formatPem("PRIVATE KEY", privateKey);
  const keys = await importPrivateKey(plainPem);
  // They may be those of an identity that was in this folder before.
  if (!equalBytes(keys.spki, parseCertificate(certificate).spki)) return undefined;
  return { storageKey: new SecretBytes(new Uint8Array(storageKey)), keys, plainPem };
}

/** Asks once, however many keys are under the passphrase. */
function onlyOnce(source: PassphraseSource): PassphraseSource {
  let answer: Promise<Uint8Array> | undefined;
  return () => answer ??= source();
}
