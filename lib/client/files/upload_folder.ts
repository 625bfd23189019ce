import { join } from "node:path";
import { type CborValue, decodeCbor, encodeCbor } from "../../bytes/mod.ts";
import { SecretBytes } from "../../crypto/mod.ts";
import { StorageError, UsageError } from "../../errors/mod.ts";
import { type CellCipher, fileIsThere, writeFileAtomically } from "../../store/mod.ts";
import { openLocked } from "./path_lock.ts";

/** What is kept of an upload until its message is on its way. */
export interface UploadRecord {
  /** The blob's id at the relay. */
  blob: Uint8Array<ArrayBuffer>;
  /** The file's key. */
  key: SecretBytes;
  /** The conversation. */
  mailbox: string;
  /** The name that the receivers get. */
  name: string;
  /** Its media type. */
  mediaType: string;
  /** The caller's own. */
  note: string;
  /** When it was begun, in milliseconds since 1970. */
  createdAt: number;
  /** The file's size. */
  size: number;
  /** The file; absent where its content is in the spool. */
  path?: string;
  /** By what the file is known to be as it was. */
  fingerprint?: string;
  /** Its SHA-256, once that is known. */
  hash?: Uint8Array<ArrayBuffer>;
  /** Whether the relay has everything. */
  complete: boolean;
}

/** A record as it is encoded, to be encrypted. */
type StoredUpload = Omit<UploadRecord, "key"> & { key: Uint8Array<ArrayBuffer> };

/** An upload that this process alone works at. */
export interface HeldUpload extends Disposable {
  /** Its id. */
  id: string;
  /** Where its spool is, if it has one. */
  spoolPath: string;
}

/**
 * The folder `uploads/` of an identity. Each upload has `ID.upload`, its record, encrypted; `ID.lock`, locked by
 * the process that works at it; and `ID.spool`, the encrypted content, where it came from a stream.
 */
export class UploadFolder {
  readonly #path: string;
  readonly #cipher: CellCipher;

  /** Takes a folder, which is made when it is needed. */
  constructor(path: string, cipher: CellCipher) {
    this.#path = path;
    this.#cipher = cipher;
  }

  /**
   * Takes an upload for this process until it is disposed of.
   *
   * @throws {StorageError} `upload-busy` where another process has it; `storage-unwritable`
   */
  hold(id: string): HeldUpload {
    try {
      Deno.mkdirSync(this.#path, { recursive: true, mode: 0o700 });
      const lock = openLocked(this.#pathOf(id, "lock"), { write: true });
      if (lock !== undefined) {
        return { id, spoolPath: this.#pathOf(id, "spool"), [Symbol.dispose]: () => lock.close() };
      }
    } catch (cause) {
      throw new StorageError("storage-unwritable", `cannot use the folder ${this.#path}`, {
        hint: "look at its owner and mode",
        cause,
      });
    }
    throw new StorageError("upload-busy", "another process is at work on this upload");
  }

  /** Writes an upload's record; it is on disk then. */
  write({ id }: HeldUpload, record: UploadRecord): void {
    const stored: StoredUpload = { ...record, key: record.key.expose() };
    const bytes = encodeCbor(stored as unknown as CborValue);
    const sealed = this.#cipher.seal(place(id), bytes);
    writeFileAtomically(this.#pathOf(id, "upload"), sealed, { mode: 0o600, force: true });
  }

  /**
   * Reads an upload's record.
   *
   * @throws {UsageError} `upload-unknown`
   * @throws {AuthenticationError} `decryption-failed`
   */
  read(id: string): UploadRecord {
    try {
      const sealed = Deno.readFileSync(this.#pathOf(id, "upload"));
      const stored = decodeCbor(this.#cipher.open(place(id), sealed)) as StoredUpload;
      return { ...stored, key: new SecretBytes(stored.key) };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new UsageError("upload-unknown", "there is no such upload");
      }
      throw error;
    }
  }

  /** The ids of all uploads, and whether a process is at work on each; removes what a crash has left of others. */
  list(): { id: string; busy: boolean }[] {
    const uploads: { id: string; busy: boolean }[] = [];
    for (const id of new Set(this.#names().map((name) => name.split(".")[0]!))) {
      if (!/^[0-9a-f]{32}$/.test(id)) continue;
      using held = this.#tryHold(id);
      if (fileIsThere(this.#pathOf(id, "upload"))) uploads.push({ id, busy: held === undefined });
      // A spool without a record: the stream had not ended when its process did, and cannot be read again.
      else if (held !== undefined) this.remove(held);
    }
    return uploads;
  }

  /** Removes all that is kept of an upload, its record first. */
  remove({ id }: HeldUpload): void {
    removeIfThere(this.#pathOf(id, "upload"));
    for (const name of this.#names()) if (name.startsWith(`${id}.`)) removeIfThere(join(this.#path, name));
  }

  #names(): string[] {
    try {
      return [...Deno.readDirSync(this.#path)].map(({ name }) => name);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  #tryHold(id: string): HeldUpload | undefined {
    try {
      return this.hold(id);
    } catch (error) {
      if (error instanceof StorageError && error.code === "upload-busy") return undefined;
      throw error;
    }
  }

  #pathOf(id: string, ending: string): string {
    return join(this.#path, `${id}.${ending}`);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function place(id: string): string {
  return `upload:${id}`;
}
