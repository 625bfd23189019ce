import { Writer } from "../../bytes/mod.ts";
import { chacha20Poly1305, ChunkStream, type PasswordCost, type RandomSource } from "../../crypto/mod.ts";
import { BACKUP_SALT_BYTES, encodeBackupHeader } from "./backup_header.ts";
import { type BackupRecord, encodeBackupRecord } from "./backup_record.ts";

/** Plaintext in a chunk of a backup, all but the last. */
export const BACKUP_CHUNK_BYTES: number = 64 * 1024;

/** RFC 9106's second recommendation (§4), as for an identity's storage key. */
const COST: Required<PasswordCost> = { memoryKiB: 65_536, passes: 3, parallelism: 1 };

/** Where the bytes of a backup go. */
export type BackupSink = (bytes: Uint8Array) => void;

/** How a backup is encrypted. */
export interface BackupSecrecy {
  /** The passphrase. */
  passphrase: Uint8Array;
  /** Randomness. */
  random: RandomSource;
  /** What deriving the key costs. */
  cost?: Required<PasswordCost>;
}

/**
 * Writes a backup: the header, then the records, each after its length (u32), cut into chunks of 64 KiB that are
 * sealed as a `ChunkStream` of ChaCha20-Poly1305 under a key that belongs to this header alone.
 */
export class BackupWriter {
  readonly #write: BackupSink;
  readonly #stream: ChunkStream;
  /** Not written before it is known whether another one follows. */
  readonly #chunk = new Uint8Array(BACKUP_CHUNK_BYTES);
  #filled = 0;
  #index = 0;

  private constructor(write: BackupSink, contentKey: Uint8Array) {
    this.#write = write;
    this.#stream = new ChunkStream(chacha20Poly1305, contentKey, BACKUP_CHUNK_BYTES);
  }

  /** Derives the key and writes the header. */
  static async begin(
    write: BackupSink,
    { passphrase, random, cost = COST }: BackupSecrecy,
  ): Promise<BackupWriter> {
    const salt = random(BACKUP_SALT_BYTES);
    const { header, contentKey } = await encodeBackupHeader({ cost, salt }, passphrase);
    write(header);
    return new BackupWriter(write, contentKey);
  }

  /** Writes a record. */
  add(record: BackupRecord): void {
    const encoded = encodeBackupRecord(record);
    this.#append(new Writer(4).u32(encoded.length).finish());
    this.#append(encoded);
  }

  /** Writes what is left. */
  end(): void {
    this.#seal(true);
  }

  #append(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length;) {
      if (this.#filled === BACKUP_CHUNK_BYTES) this.#seal(false);
      const part = bytes.subarray(offset, offset + BACKUP_CHUNK_BYTES - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      offset += part.length;
    }
  }

  #seal(last: boolean): void {
    this.#write(this.#stream.seal({ index: this.#index++, last }, this.#chunk.subarray(0, this.#filled)));
    this.#filled = 0;
  }
}
