import { equalBytes, formatPem } from "../../bytes/mod.ts";
import { type RandomSource, type SecretBytes, systemRandom } from "../../crypto/mod.ts";
import { ParleyError } from "../../errors/mod.ts";
import {
  exportPrivateKey,
  formatCertificates,
  importPrivateKey,
  type KeyPair,
  parseCertificate,
  parseIdentityUri,
} from "../../pki/mod.ts";
import { type ArchiveColumns, type ArchiveValue, CellCipher, ClientStore } from "../../store/mod.ts";
import { formatDeviceRef, isMailbox } from "../../wire/mod.ts";
import { nextTurn } from "../files/next_turn.ts";
import { identityFiles, writeIdentityFacts, writePrivateFile } from "../identity_folder.ts";
import { formatStorageKey, generateStorageKey, type PassphraseSource } from "../storage_key.ts";
import { BackupReader } from "./backup_reader.ts";
import { type BackupCounts, type BackupIdentity, malformedBackup } from "./backup_record.ts";
import type { BackupSummary } from "./backups.ts";
import { RestoreFolder } from "./restore_folder.ts";

/** How to restore. */
export interface RestoreOptions {
  /** The data folder. */
  home: string;
  /** The backup. */
  path: string;
  /** Asked for the backup's passphrase. */
  passphrase: PassphraseSource;
  /**
   * Whether the restored keys are left without a passphrase in any case. By default they are under the backup's
   * where they were under one before.
   */
  unprotected?: boolean;
  /** What other processes read while this one works on the identity. */
  holder: string;
  /** Gives up; nothing stays. */
  signal?: AbortSignal;
  /** Randomness. */
  random?: RandomSource;
}

/** What was restored. */
export interface RestoredIdentity extends BackupSummary {
  /** Where the identity's files are. */
  folder: string;
  /** Whether a passphrase protects its keys. */
  protected: boolean;
}

/** Rows that share a transaction, and that are read before the event loop gets its turn. */
const ROWS_AT_ONCE = 500;

/**
 * Makes an identity's folder of a backup, with a new storage key. Nothing is written before the whole file is found to
 * be genuine; the folder appears in one step. The device enters its conversations again when it connects.
 *
 * @throws {UsageError} `identity-exists`, `file-not-found`, `file-not-regular`
 * @throws {AuthenticationError} `passphrase-wrong`, `backup-damaged`
 * @throws {DecodeError} `backup-malformed`, `backup-newer`
 * @throws {StorageError} `restore-busy`, `file-unreadable`, `file-unwritable` and what SQLite reports
 * @throws the reason of the signal
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoredIdentity> {
  using reader = await BackupReader.open(options.path, options.passphrase);
  const { identity, counts } = await survey(reader, options.signal);
  const keys = await readKeys(identity);
  using target = RestoreFolder.open(options.home, identity);
  const protectedBy = identity.protected && !options.unprotected ? reader.passphrase : undefined;
  const random = options.random ?? systemRandom;
  using storageKey = disposable(generateStorageKey(random));
  await writeFiles(target.path, identity, { keys, storageKey: storageKey.key, protectedBy, random });
  const cipher = new CellCipher(storageKey.key.expose(), random);
  await fillStore(target.path, reader, identity, { ...options, cipher });
  const { user, device, time } = identity;
  const summary = { user, device, time: new Date(time), ...counts, protected: protectedBy !== undefined };
  return { ...summary, folder: target.finish() };
}

/** Reads everything once: only a whole file that makes sense is restored. */
async function survey(
  reader: BackupReader,
  signal: AbortSignal | undefined,
): Promise<{ identity: BackupIdentity; counts: BackupCounts }> {
  let identity: BackupIdentity | undefined, counts: BackupCounts | undefined, records = 0;
  for (const record of reader.records()) {
    if (++records % ROWS_AT_ONCE === 0) await nextTurn();
    signal?.throwIfAborted();
    const isFirst = record.type === "identity";
    if (counts !== undefined || isFirst !== (identity === undefined)) throw malformedBackup();
    if (record.type === "identity") identity = record.identity;
    if (record.type === "end") counts = record.counts;
  }
  if (identity === undefined || counts === undefined) throw malformedBackup();
  return { identity, counts };
}

/** The device's keys, which must be those of its certificate. */
async function readKeys({ privateKey, certificates, user, device }: BackupIdentity): Promise<KeyPair> {
  try {
    const keys = await importPrivateKey(formatPem("PRIVATE KEY", privateKey.expose()));
    const { spki, extensions } = parseCertificate(certificates[0]!);
    const named = parseIdentityUri(extensions.subjectAltNames?.uris[0] ?? "");
    const isThisDevice = formatDeviceRef(named) === formatDeviceRef({ user, device });
    if (isThisDevice && equalBytes(spki, keys.spki)) return keys;
  } catch (cause) {
    if (!(cause instanceof ParleyError) || cause.kind === "internal") throw cause;
    throw malformedBackup(cause);
  }
  throw malformedBackup();
}

interface Secrets {
  keys: KeyPair;
  storageKey: SecretBytes;
  protectedBy: Uint8Array | undefined;
  random: RandomSource;
}

async function writeFiles(
  folder: string,
  { user, device, host, port, certificates, root, crl }: BackupIdentity,
  { keys, storageKey, protectedBy: passphrase, random }: Secrets,
): Promise<void> {
  const write = (file: keyof typeof identityFiles, content: string | Uint8Array) =>
    writePrivateFile(`${folder}/${identityFiles[file]}`, content);
  write("key", await exportPrivateKey(keys.privateKey, passphrase && { passphrase, random }));
  write("storageKey", await formatStorageKey(storageKey, passphrase, random));
  write("certificates", formatCertificates(certificates));
  write("root", formatCertificates([root]));
  if (crl !== undefined) write("crl", crl);
  writeIdentityFacts(folder, { user, device, host, port });
}

async function fillStore(
  folder: string,
  reader: BackupReader,
  { time }: BackupIdentity,
  { cipher, holder, signal }: RestoreOptions & { cipher: CellCipher },
): Promise<void> {
  const store = ClientStore.open(folder, { cipher, holder });
  try {
    for (const rows of batchesOf(reader)) {
      signal?.throwIfAborted();
      await store.transaction(() => {
        for (const { into, values } of rows) store.archive.add(into, values);
      });
    }
    await store.transaction(() => noteRestored(store, time));
  } finally {
    await store.close();
  }
}

interface PlacedRow {
  into: ArchiveColumns;
  values: ArchiveValue[];
}

function* batchesOf(reader: BackupReader): Iterable<PlacedRow[]> {
  let into: ArchiveColumns | undefined, batch: PlacedRow[] = [];
  for (const record of reader.records()) {
    if (record.type === "table") into = record.into;
    if (record.type === "row") {
      if (into === undefined) throw malformedBackup();
      batch.push({ into, values: record.values });
    }
    if (batch.length < ROWS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** So that the history says of each conversation why this device has entered it again, and what is missing. */
function noteRestored({ mailboxes, facts }: ClientStore, time: number): void {
  for (const { mailbox, state } of mailboxes.list()) {
    const isConversation = isMailbox(mailbox) && !mailbox.startsWith("device:");
    if (isConversation && state !== "left") facts.set(`restored:${mailbox}`, String(time));
  }
}

function disposable(key: SecretBytes): Disposable & { key: SecretBytes } {
  return { key, [Symbol.dispose]: () => key.wipe() };
}
