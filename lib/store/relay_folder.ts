import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeUtf8, encodeUtf8 } from "../bytes/mod.ts";
import { StorageError } from "../errors/mod.ts";
import { fileIsThere, writeFileAtomically } from "./write_file_atomically.ts";

/**
 * The folder of one relay, made with mode 0700: `mailboxes.db`, `blobs.db` and `blobs/` (encrypted files and what is
 * known of them), `server.pem` (the certificate that it shows and its private key, mode 0600) and `lock`. It is locked from opening to closing, or until the process dies.
 */
export class RelayFolder {
  /** Where the mailboxes are. */
  readonly mailboxesPath: string;
  /** Where the catalogue of files is. */
  readonly blobCatalogPath: string;
  /** Where the files are. */
  readonly blobsPath: string;
  readonly #identityPath: string;
  readonly #lock: Deno.FsFile;

  private constructor(path: string, lock: Deno.FsFile) {
    this.mailboxesPath = join(path, "mailboxes.db");
    this.blobCatalogPath = join(path, "blobs.db");
    this.blobsPath = join(path, "blobs");
    this.#identityPath = join(path, "server.pem");
    this.#lock = lock;
  }

  /**
   * Opens the folder, made where there is none, for this process alone.
   *
   * @throws {StorageError} `relay-locked` naming the process that has it, `storage-unwritable`
   */
  static open(path: string): RelayFolder {
    try {
      Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
      if (Deno.build.os !== "windows") Deno.chmodSync(path, 0o700);
      return new RelayFolder(path, lock(join(path, "lock")));
    } catch (cause) {
      if (cause instanceof StorageError) throw cause;
      throw new StorageError("storage-unwritable", `cannot use the folder ${path}`, {
        hint: "look at its owner and mode",
        cause,
      });
    }
  }

  /** Bytes of the mailboxes' files, and bytes that are free beside them. */
  async usage(): Promise<{ mailboxBytes: number; freeBytes: number }> {
    const sizes = await Promise.all(["", "-wal"].map((end) => sizeOf(this.mailboxesPath + end)));
    const { bavail, bsize } = await statfs(dirname(this.mailboxesPath));
    return { mailboxBytes: sizes.reduce((sum, size) => sum + size, 0), freeBytes: bavail * bsize };
  }

  /**
   * Reads what {@link writeIdentity} wrote.
   *
   * @throws {StorageError} `storage-unwritable`
   */
  readIdentity(): string | undefined {
    try {
      return fileIsThere(this.#identityPath) ? Deno.readTextFileSync(this.#identityPath) : undefined;
    } catch (cause) {
      throw new StorageError("storage-unwritable", `cannot read ${this.#identityPath}`, { cause });
    }
  }

  /**
   * Keeps certificate and key (PEM) in one file, so that no crash leaves one without the other.
   *
   * @throws {StorageError} `file-unwritable`
   */
  writeIdentity(pem: string): void {
    writeFileAtomically(this.#identityPath, pem, { mode: 0o600, force: true });
  }

  /** Gives the folder free. */
  close(): void {
    this.#lock.close();
  }
}

/** The system takes the lock from a process that dies, so a file that was left behind locks nothing. */
function lock(path: string): Deno.FsFile {
  const file = Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
  if (!file.tryLockSync(true)) {
    const holder = readHolder(file);
    file.close();
    throw new StorageError("relay-locked", `another relay uses the folder (process ${holder})`, {
      hint: "stop it, or choose another folder with --data",
    });
  }
  file.truncateSync();
  file.writeSync(encodeUtf8(`${Deno.pid}\n`));
  return file;
}

function readHolder(file: Deno.FsFile): string {
  const buffer = new Uint8Array(32);
  const length = file.readSync(buffer) ?? 0;
  return /^[0-9]+/.exec(decodeUtf8(buffer.subarray(0, length)))?.[0] ?? "unknown";
}

/** A file that is not there, such as a write-ahead log after a checkpoint, takes no room. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
