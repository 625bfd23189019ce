import { encodeHex } from "../../bytes/mod.ts";
import { type RandomSource, SecretBytes } from "../../crypto/mod.ts";
import type { Clock } from "../../pki/mod.ts";
import type { CellCipher } from "../../store/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import { BLOB_ID_BYTES } from "../../wire/mod.ts";
import { checkFileDescriptor, FILE_KEY_BYTES, type FileDescriptor } from "./file_descriptor.ts";
import { FILE_CHUNK_BYTES, FILE_SALT_BYTES, layOutFile } from "./file_layout.ts";
import { FileSource, inspectFile } from "./file_source.ts";
import { FileReceiver } from "./receive_file.ts";
import type { RecordSource } from "./record_source.ts";
import { sendRecords } from "./send_records.ts";
import { SpoolSource, spoolStream } from "./spool.ts";
import { type Attempt, TransferLink } from "./transfer_link.ts";
import type {
  DownloadOptions,
  PendingUpload,
  TransferOptions,
  UploadedFile,
  UploadOptions,
  UploadSource,
} from "./transfer_types.ts";
import { type HeldUpload, UploadFolder, type UploadRecord } from "./upload_folder.ts";

/** What transfers need of a client. */
export interface FileTransfersOptions {
  /** Makes a further connection to the relay and greets it. */
  connect(signal: AbortSignal): Promise<ClientConnection>;
  /** The folder for uploads; made when it is needed. */
  folder: string;
  /** Encrypts what is kept of them. */
  cipher: CellCipher;
  /** Randomness. */
  random: RandomSource;
  /** The time. */
  clock: Clock;
}

const ID_BYTES = 16;

/**
 * Files to and from the relay, encrypted end to end, in constant memory. Whatever breaks off, at whichever end, can be
 * gone on with, and what was confirmed is not sent again.
 */
export class FileTransfers {
  readonly #random: RandomSource;
  readonly #clock: Clock;
  readonly #uploads: UploadFolder;
  readonly #link: TransferLink;

  /** Prepares; nothing is connected. */
  constructor({ connect, folder, cipher, random, clock }: FileTransfersOptions) {
    this.#random = random;
    this.#clock = clock;
    this.#uploads = new UploadFolder(folder, cipher);
    this.#link = new TransferLink(connect);
  }

  /**
   * Uploads into a conversation of which this device is a member. Resolves when the relay has everything on its disk; who
   * is a member of the conversation then may fetch it. What is needed to go on with it is kept until
   * {@link FileTransfers.forget} or {@link FileTransfers.discard}.
   *
   * @throws {UsageError} `file-not-found`, `file-not-regular`, `file-too-large`, `file-changed`
   * @throws {StorageError} `file-unreadable`, `spool-unwritable`; of the relay's: `blob-storage-full`,
   * `blob-quota-exceeded`, `blob-too-large`
   * @throws {ProtocolError} `not-a-member`, `too-many-blobs`
   * @throws {NetworkError} {TimeoutError} where there was no progress for too long
   * @throws the reason of the signal
   */
  async upload(mailbox: string, source: UploadSource, options: UploadOptions): Promise<UploadedFile> {
    const blob = this.#random(BLOB_ID_BYTES);
    using held = this.#uploads.hold(encodeHex(blob.subarray(0, ID_BYTES)));
    const { name, mediaType, note = "" } = options;
    const key = new SecretBytes(this.#random(FILE_KEY_BYTES));
    const createdAt = this.#clock().getTime();
    try {
      const content = "path" in source
        ? { path: source.path, ...await inspectFile(source.path) }
        : await this.#spool(source.stream, held, key, options);
      const record = { blob, key, mailbox, name, mediaType, note, createdAt, complete: false, ...content };
      this.#uploads.write(held, record);
    } catch (error) {
      this.#uploads.remove(held);
      throw error;
    }
    return await this.#send(held, options);
  }

  /** Uploads that were neither forgotten nor discarded, oldest first. */
  pending(): Promise<PendingUpload[]> {
    const uploads = this.#uploads.list().map(({ id, busy }): PendingUpload => {
      const { mailbox, name, size, note, path, complete, createdAt } = this.#uploads.read(id);
      return { id, mailbox, name, size, note, path, complete, busy, createdAt };
    });
    return Promise.resolve(uploads.sort((a, b) => a.createdAt - b.createdAt));
  }

  /**
   * Goes on with an upload; where it is complete that is known at once.
   *
   * @throws {UsageError} `upload-unknown`, `file-changed`
   * @throws {StorageError} `upload-busy`, `spool-damaged`
   * @throws whatever {@link FileTransfers.upload} throws
   */
  async resume(id: string, options: TransferOptions = {}): Promise<UploadedFile> {
    using held = this.#uploads.hold(id);
    return await this.#send(held, options);
  }

  /** Drops what is kept of a complete upload: the message that names the file is safe. */
  forget(id: string): Promise<void> {
    using held = this.#uploads.hold(id);
    this.#uploads.remove(held);
    return Promise.resolve();
  }

  /**
   * Drops an upload here and at the relay.
   *
   * @throws {UsageError} `upload-unknown`
   * @throws {NetworkError} {TimeoutError} where the relay could not be told; the upload is there still
   */
  async discard(id: string, options: TransferOptions = {}): Promise<void> {
    using held = this.#uploads.hold(id);
    const { blob } = this.#uploads.read(id);
    await this.delete(blob, options);
    this.#uploads.remove(held);
  }

  /** Deletes a file of one's own at the relay, whoever has not fetched it. */
  async delete(blob: Uint8Array<ArrayBuffer>, options: TransferOptions = {}): Promise<void> {
    await this.#link.run(
      ({ connection, signal }) => connection.request("blob-delete", { blob }, { signal }),
      options,
    );
  }

  /**
   * Names the entry of the conversation that names the file. It is needed where a device was added after the end of the
   * upload and before that entry: without it that device may read the entry, but not fetch the file.
   */
  async share(blob: Uint8Array<ArrayBuffer>, seq: number, options: TransferOptions = {}): Promise<void> {
    await this.#link.run(
      ({ connection, signal }) => connection.request("blob-finish", { blob, seq }, { signal }),
      options,
    );
  }

  /**
   * Downloads into an open file (to be read and written). What is in it counts as the beginning, from an earlier
   * attempt. When it resolves the file has the content that was sent, verified, on the disk. After `file-refused` what is
   * in it is worth nothing.
   *
   * @throws {DecodeError} `file-descriptor-malformed`
   * @throws {AuthenticationError} `file-refused` where the relay serves anything else than what was sent
   * @throws {ProtocolError} `blob-unknown`, `blob-incomplete`, `not-a-member`
   * @throws {StorageError} `file-unwritable`, `file-unreadable`; of the relay's: `blob-damaged`
   * @throws {NetworkError} {TimeoutError} where there was no progress for too long
   * @throws the reason of the signal
   */
  async download(file: FileDescriptor, target: Deno.FsFile, options: DownloadOptions = {}): Promise<void> {
    checkFileDescriptor(file);
    const { signal = new AbortController().signal, path, onProgress = () => {} } = options;
    using receiver = new FileReceiver(file, { target, path }, onProgress);
    await receiver.resume(signal);
    await this.#link.run((attempt) => receiver.receive(attempt), options);
  }

  /** Tells the relay that this device does not need a file any more; it is deleted when no device does. */
  async done(blob: Uint8Array<ArrayBuffer>, options: TransferOptions = {}): Promise<void> {
    await this.#link.run(
      ({ connection, signal }) => connection.request("blob-done", { blob }, { signal }),
      options,
    );
  }

  /** Closes the connection. */
  close(): Promise<void> {
    return this.#link.close();
  }

  #spool(
    stream: AsyncIterable<Uint8Array>,
    { spoolPath: path }: HeldUpload,
    key: SecretBytes,
    { signal = new AbortController().signal, onProgress = () => {} }: TransferOptions,
  ): Promise<{ size: number; hash: Uint8Array<ArrayBuffer> }> {
    const onBytes = (doneBytes: number) =>
      onProgress({ phase: "spooling", doneBytes, totalBytes: undefined });
    return spoolStream(stream, { path, key, salt: this.#random(FILE_SALT_BYTES), signal, onBytes });
  }

  async #send(held: HeldUpload, options: TransferOptions): Promise<UploadedFile> {
    let record = this.#uploads.read(held.id);
    if (!record.complete) {
      const hash = await this.#link.run((attempt) => this.#sendOnce(held, record, attempt, options), options);
      record = { ...record, hash, complete: true };
      this.#uploads.write(held, record);
    }
    const { blob, key, size, hash, name, mediaType } = record;
    return { id: held.id, file: { blob, key, size, hash: hash!, name, mediaType } };
  }

  async #sendOnce(
    held: HeldUpload,
    record: UploadRecord,
    { connection, signal, progressed }: Attempt,
    { onProgress = () => {} }: TransferOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { blob, mailbox, size } = record;
    const { chunks: records, lastRecordBytes } = layOutFile(size);
    const tell = (phase: "checking" | "sending", bytes: number) => {
      progressed();
      onProgress({ phase, doneBytes: Math.min(bytes, size), totalBytes: size });
    };
    using source = await this.#openSource(held, record);
    const { stored, finished } = await connection.request("blob-begin", {
      blob,
      mailbox,
      records,
      lastRecordBytes,
    }, {
      signal,
    });
    await source.seek(stored, (bytes) => tell("checking", bytes), signal);
    const onStored = (count: number) => tell("sending", count * FILE_CHUNK_BYTES);
    await sendRecords({ connection, blob, source, from: stored, records, signal, onStored });
    const hash = source.finish();
    if (!finished) await connection.request("blob-finish", { blob }, { signal });
    return hash;
  }

  #openSource({ spoolPath }: HeldUpload, record: UploadRecord): Promise<RecordSource> | RecordSource {
    const { path, size, fingerprint, hash, key } = record;
    if (path === undefined) return SpoolSource.open(spoolPath, { size, hash: hash! });
    return FileSource.open(path, { size, fingerprint: fingerprint! }, { key, random: this.#random });
  }
}
