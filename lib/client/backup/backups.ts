import { parsePem } from "../../bytes/mod.ts";
import { type PasswordCost, SecretBytes } from "../../crypto/mod.ts";
import {
  type ArchivedTableName,
  archivedTables,
  ArchiveReader,
  AtomicFile,
  CellCipher,
  refuseExistingFiles,
} from "../../store/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { nextTurn } from "../files/next_turn.ts";
import { identityFiles, readText } from "../identity_folder.ts";
import type { BackupCounts, BackupIdentity } from "./backup_record.ts";
import { BackupWriter } from "./backup_writer.ts";

/** How to write a backup. */
export interface BackupOptions {
  /** Encrypts it. */
  passphrase: Uint8Array;
  /** Whether a file that is there is replaced. Default false. */
  force?: boolean;
  /** Gives up; nothing stays. */
  signal?: AbortSignal;
  /** What deriving the key costs. Default: 64 MiB, 3 passes. */
  cost?: Required<PasswordCost>;
}

/** What a backup holds. */
export interface BackupSummary extends BackupCounts {
  /** The user. */
  user: string;
  /** The device. */
  device: string;
  /** When it was made. */
  time: Date;
}

/** Rows that are worked in before the event loop gets its turn. */
const ROWS_AT_ONCE = 500;

/** Writes identities to files. */
export class Backups {
  readonly #core: ClientCore;
  readonly #sweep: () => Promise<void>;

  /** Works for one device; `sweep` deletes the lines whose time is up. */
  constructor(core: ClientCore, sweep: () => Promise<void>) {
    this.#core = core;
    this.#sweep = sweep;
  }

  /**
   * Writes the identity, what is known of users and devices, and the history as it is now, to one file under a
   * passphrase. What must not be used twice is left out; see `archivedTables`. The file is there as a whole or not at
   * all, and nobody but its owner can read it.
   *
   * @throws {UsageError} `file-exists`
   * @throws {StorageError} `file-unwritable` and what reading the store throws
   * @throws the reason of the signal
   */
  async write(path: string, { passphrase, force, signal, cost }: BackupOptions): Promise<BackupSummary> {
    if (!force) refuseExistingFiles([path]);
    await this.#sweep();
    const { identity: { folder, storageKey }, random } = this.#core;
    using file = AtomicFile.create(path, { mode: 0o600, force });
    const writer = await BackupWriter.begin((bytes) => file.write(bytes), { passphrase, random, cost });
    const identity = await this.#describe();
    writer.add({ type: "identity", identity });
    using archive = ArchiveReader.open(folder, new CellCipher(storageKey.expose(), random));
    await writeRows(writer, archive, signal);
    const counts = {
      conversations: archive.countConversations(),
      messages: archive.countMessages(),
      marks: archive.count("synced"),
      queued: archive.count("outbox"),
    };
    writer.add({ type: "end", counts });
    writer.end();
    file.finish();
    return { user: identity.user, device: identity.device, time: new Date(identity.time), ...counts };
  }

  async #describe(): Promise<BackupIdentity> {
    const { identity: { folder, facts, tls, mls }, clock } = this.#core;
    const [stored] = parsePem(await readText(folder, "key"));
    const [root] = parsePem(await readText(folder, "root"));
    return {
      time: clock().getTime(),
      ...facts,
      protected: stored?.label !== "PRIVATE KEY",
      privateKey: new SecretBytes(parsePem(tls.keyPem)[0]!.bytes),
      certificates: mls.certificates,
      root: root!.bytes,
      crl: await readCrl(folder),
    };
  }
}

async function writeRows(
  writer: BackupWriter,
  archive: ArchiveReader,
  signal: AbortSignal | undefined,
): Promise<void> {
  let current: ArchivedTableName | undefined, rows = 0;
  for (const { table, values } of archive.rows()) {
    signal?.throwIfAborted();
    if (++rows % ROWS_AT_ONCE === 0) await nextTurn();
    if (table !== current) {
      writer.add({ type: "table", into: { table, columns: archivedTables[table].columns } });
    }
    current = table;
    writer.add({ type: "row", values });
  }
}

async function readCrl(folder: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(`${folder}/${identityFiles.crl}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
