import { encodeHex, encodeUtf8 } from "../../bytes/mod.ts";
import { chacha20Poly1305, type ChunkPlace, ChunkStream, hkdf, type SecretBytes } from "../../crypto/mod.ts";
import { BLOB_CHECKSUM_BYTES, writeBlobChecksum } from "../../wire/mod.ts";
import { FILE_CHUNK_BYTES, FILE_OVERHEAD_BYTES, FILE_SALT_BYTES } from "./file_layout.ts";

const INFO = encodeUtf8("parley file v1");
/** Runs whose records one after the other may alternate: a run, and the one after it that was resumed. */
const MAX_STREAMS = 4;

/**
 * Seals the chunks of a file into records.
 *
 * ```text
 * CRC-32 (4 bytes) | salt (16 bytes) | ciphertext | tag (16 bytes)
 * ```
 *
 * The key of the stream (`ChunkStream`, ChaCha20-Poly1305) is HKDF-SHA-256 of the file's key with the salt and the info
 * `parley file v1`. Each run, that is, each time that chunks are read from the source, has a salt of its own: where a
 * run is broken off and its source changes before the next one, no key and nonce meet two plaintexts.
 */
export class FileSealer {
  readonly #salt: Uint8Array;
  readonly #stream: ChunkStream;

  /** Begins a run with a fresh salt of 16 random bytes. */
  constructor(key: SecretBytes, salt: Uint8Array) {
    this.#salt = salt;
    this.#stream = deriveStream(key, salt);
  }

  /** Seals a chunk into a record, at the beginning of `buffer` where one is given; each place once only. */
  seal(
    place: ChunkPlace,
    plaintext: Uint8Array,
    buffer: Uint8Array<ArrayBuffer> = new Uint8Array(FILE_OVERHEAD_BYTES + plaintext.length),
  ): Uint8Array<ArrayBuffer> {
    const record = buffer.subarray(0, FILE_OVERHEAD_BYTES + plaintext.length);
    record.set(this.#salt, BLOB_CHECKSUM_BYTES);
    this.#stream.seal(place, plaintext, record.subarray(BLOB_CHECKSUM_BYTES + FILE_SALT_BYTES));
    writeBlobChecksum(record);
    return record;
  }
}

/** Opens the records of a file. */
export class FileOpener {
  readonly #key: SecretBytes;
  readonly #streams = new Map<string, ChunkStream>();

  /** Takes the file's key. */
  constructor(key: SecretBytes) {
    this.#key = key;
  }

  /**
   * Opens the record of a chunk. Its checksum is the relay's concern: the tag tells of all that the checksum would.
   *
   * @throws {AuthenticationError} `decryption-failed`
   */
  open(place: ChunkPlace, record: Uint8Array): Uint8Array<ArrayBuffer> {
    const payload = record.subarray(BLOB_CHECKSUM_BYTES);
    const stream = this.#streamOf(payload.subarray(0, FILE_SALT_BYTES));
    return stream.open(place, payload.subarray(FILE_SALT_BYTES));
  }

  #streamOf(salt: Uint8Array): ChunkStream {
    const name = encodeHex(salt);
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    for (const oldest of this.#streams.keys()) {
      if (this.#streams.size < MAX_STREAMS) break;
      this.#streams.delete(oldest);
    }
    const stream = deriveStream(this.#key, salt);
    this.#streams.set(name, stream);
    return stream;
  }
}

function deriveStream(key: SecretBytes, salt: Uint8Array): ChunkStream {
  const streamKey = hkdf("SHA-256", { ikm: key.expose(), salt, info: INFO, length: chacha20Poly1305.Nk });
  return new ChunkStream(chacha20Poly1305, streamKey, FILE_CHUNK_BYTES);
}
