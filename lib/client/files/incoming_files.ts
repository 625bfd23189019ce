import { basename, dirname, join } from "node:path";
import { decodeHex, decodeUtf8, encodeUtf8 } from "../../bytes/mod.ts";
import { ParleyError, UsageError } from "../../errors/mod.ts";
import type { ClientStore, FileRow, FileState, MessageRow } from "../../store/mod.ts";
import { blobOfUrl, toFileDescriptor } from "./file_content.ts";
import type { FileDescriptor } from "./file_descriptor.ts";
import { fileId, type FileItem, filesOfMessage, type FoundFile, toFileItem } from "./file_item.ts";
import { safeFileName } from "./file_name.ts";
import type { FileTransfers } from "./file_transfers.ts";
import { lookAt, SaveFolder } from "./save_folder.ts";
import type { TransferOptions } from "./transfer_types.ts";

/** A file that was saved. */
export interface SavedFile {
  /** The file, with its path. */
  item: FileItem;
  /** Of a folder: links, devices and the like that were not made. */
  leftOut: number;
}

/** Where a file is on this machine, or where it is being made. */
interface Where {
  /** The folder that it is saved in. */
  folder?: string;
  /** Its final name; as long as it is `saving`, the one that it is about to get. */
  path?: string;
  /** By what it is known again under its final name. */
  ino?: number;
  /** Whether whoever is to hear that it was saved has heard it. */
  announced?: boolean;
}

/** What the relay says of a file that is gone, or never was for this device. */
const NEVER_MIND: readonly string[] = ["blob-unknown", "not-a-member", "forbidden"];

/** Fetches content, and tells the relay of it. */
export type ContentTransfers = Pick<FileTransfers, "download" | "done" | "share" | "delete">;

const ID_PREFIX = /^[0-9a-f]{4,32}$/;

/**
 * The files that messages name: which there are, and how they get onto this machine. A file arrives under a hidden
 * name in the folder that it is saved in, and gets its name when it is verified and on the disk. What a crash or a
 * signal leaves, at any instant, the next attempt goes on with.
 */
export class IncomingFiles {
  readonly #store: ClientStore;
  readonly #transfers: ContentTransfers;

  /** Works for one identity. */
  constructor(store: ClientStore, transfers: ContentTransfers) {
    this.#store = store;
    this.#transfers = transfers;
  }

  /** All files that messages name, in the order of the history. */
  list(): FileItem[] {
    return this.#store.files.messages().flatMap((row) => this.#filesOf(row)).map(({ item }) => item);
  }

  /** The files of one message. */
  ofMessage(conversation: string, message: string): FileItem[] {
    const row = this.#store.messages.get(conversation, decodeHex(message));
    return row === undefined ? [] : this.#filesOf(row).map(({ item }) => item);
  }

  /** Files that others sent and that are neither saved nor given up, or saved without anybody having heard it. */
  waiting(): FileItem[] {
    return this.list().filter((item) => !item.outgoing && isWaiting(item));
  }

  /**
   * Finds a file by its id or the first digits of it.
   *
   * @throws {UsageError} `file-id-malformed`, `file-unknown`, `file-ambiguous`
   */
  find(id: string): FileItem {
    const prefix = id.toLowerCase();
    if (!ID_PREFIX.test(prefix)) {
      throw new UsageError("file-id-malformed", "a file is named by 4 to 32 hexadecimal digits", {
        hint: "'parley files list' shows them",
      });
    }
    const [found, ...others] = this.list().filter((item) => item.id.startsWith(prefix));
    if (found === undefined) throw fileUnknown(prefix);
    if (others.length === 0) return found;
    throw new UsageError("file-ambiguous", `more than one file begins with ${prefix}`, {
      hint: "give more of its digits",
    });
  }

  /**
   * Fetches a file and saves it in a folder, under its name made safe; a folder is unpacked. One that is saved
   * already is fetched again, unless nobody has heard of it: then it is where it is.
   *
   * @throws {UsageError} `file-unknown` where its message is gone
   * @throws {StorageError} `save-folder-unusable`, `save-folder-moved`, `file-unwritable`, `file-busy`
   * @throws {DecodeError} `folder-refused`, `folder-malformed`
   * @throws whatever {@link FileTransfers.download} throws
   */
  async save(item: FileItem, folder: string, options: TransferOptions = {}): Promise<SavedFile> {
    const found = this.#look(item);
    if (found.item.state === "saved" && !found.item.announced) return { item: found.item, leftOut: 0 };
    const before = this.#store.files.get(found.place);
    const target = SaveFolder.open(folder);
    await this.#leave(found, target.path);
    try {
      const descriptor = toFileDescriptor(found.reference);
      const { path, leftOut } = await this.#fetch(found, descriptor, target, options);
      await this.#note(found, "saved", { folder: target.path, path });
      target.remove(partialNameOf(found.item.id));
      return { item: { ...found.item, state: "saved", path, announced: false }, leftOut };
    } catch (error) {
      const state = finalState(error);
      if (state === undefined) throw error;
      target.remove(partialNameOf(found.item.id));
      target.remove(`${partialNameOf(found.item.id)}.folder`);
      // Of what is on this machine already nothing is taken back.
      if (before?.state === "saved") await this.#store.transaction(() => this.#store.files.put(before));
      else await this.#note(found, state, {}, true);
      throw error;
    }
  }

  /** Notes that whoever is to hear that a file was saved has heard it; until then `waiting` gives it again. */
  async markAnnounced(item: FileItem): Promise<void> {
    const { place } = this.#look(item);
    await this.#store.transaction(() => {
      const row = this.#store.files.get(place);
      if (row?.state !== "saved") return;
      this.#store.files.put({ ...row, where: encodeWhere({ ...decodeWhere(row.where), announced: true }) });
    });
  }

  /**
   * Says that a file is not wanted: what has arrived of it is removed, and the relay need not keep it for this device.
   * A file that was saved stays where it is. One that this device has sent is deleted at the relay, whoever has not
   * fetched it yet.
   *
   * @throws {UsageError} `file-unknown` where its message is gone
   * @throws {StorageError} `file-busy`
   * @throws {NetworkError} {TimeoutError} where the relay cannot be told that it is to delete it
   */
  async remove(item: FileItem): Promise<FileItem> {
    const found = this.#look(item);
    await this.#leave(found, undefined);
    const isSent = found.item.state === "sent";
    if (isSent) await this.#transfers.delete(toFileDescriptor(found.reference).blob);
    await this.#note(found, "removed", this.#where(found), isSent);
    return { ...found.item, state: "removed" };
  }

  /**
   * Tells the relay which files this device does not need any more, in which message those that it sent are, and which
   * of them it is to delete.
   */
  async tellRelay(options: TransferOptions = {}): Promise<void> {
    for (const row of this.#store.files.untold()) {
      if (row.state === "saved") this.#removeLeftover(row);
      if (await this.#tell(row, options)) await this.#store.transaction(() => this.#store.files.setTold(row));
    }
  }

  async #tell({ mailbox, id, blob, state }: FileRow, options: TransferOptions): Promise<boolean> {
    try {
      if (state === "withdrawn") {
        await this.#transfers.delete(blob, options);
        return true;
      }
      if (state !== "sent") {
        await this.#transfers.done(blob, options);
        return true;
      }
      const message = this.#store.messages.get(mailbox, id);
      if (message?.seq === null) return false;
      if (message !== undefined) await this.#transfers.share(blob, message.seq, options);
    } catch (error) {
      if (!(error instanceof ParleyError) || !NEVER_MIND.includes(error.code)) throw error;
    }
    return true;
  }

  async #fetch(
    found: FoundFile,
    descriptor: FileDescriptor,
    target: SaveFolder,
    options: TransferOptions,
  ): Promise<{ path: string; leftOut: number }> {
    const landed = this.#landed(found, target);
    if (landed !== undefined) return { path: landed, leftOut: 0 };
    using partial = target.openPartial(partialNameOf(found.item.id));
    // Another process may have been at it until now.
    const known = this.#store.files.get(found.place);
    const { path } = known?.state === "saved" ? decodeWhere(known.where) : {};
    if (found.item.state !== "saved" && path !== undefined) return { path, leftOut: 0 };
    await this.#note(found, "saving", { folder: target.path });
    target.assertRoom(descriptor.size - partial.file.statSync().size);
    await this.#transfers.download(descriptor, partial.file, { ...options, path: partial.path });
    const name = safeFileName(found.item.name);
    const about = (path: string, ino: number | undefined) =>
      this.#note(found, "saving", { folder: target.path, path, ino });
    if (!found.item.folder) return { path: await target.nameFile(partial.path, name, about), leftOut: 0 };
    target.assertRoom(descriptor.size);
    const { unpackFolder } = await import("./unpack_folder.ts");
    const unpacked = target.makeFolder(`${partialNameOf(found.item.id)}.folder`);
    const { leftOut } = await unpackFolder((await Deno.open(partial.path)).readable, unpacked);
    return { path: await target.nameFolder(unpacked, name, about), leftOut };
  }

  /** The path that it has got, where a crash came just after that. */
  #landed(found: FoundFile, target: SaveFolder): string | undefined {
    if (found.item.state !== "saving") return undefined;
    const { folder, path, ino } = this.#where(found);
    const there = folder === target.path && path !== undefined ? lookAt(path) : undefined;
    return there !== undefined && there.ino === ino ? path : undefined;
  }

  /** Removes what has arrived of a file in another folder than this one. */
  async #leave(found: FoundFile, folder: string | undefined): Promise<void> {
    const before = this.#where(found).folder;
    if (found.item.state !== "saving" || before === undefined || before === folder) return;
    if (lookAt(before)?.isDirectory !== true) return;
    const target = SaveFolder.open(before);
    const name = partialNameOf(found.item.id);
    if (lookAt(join(before, name)) !== undefined) {
      using _held = target.openPartial(name);
      target.remove(name);
    }
    target.remove(`${name}.folder`);
    await this.#note(found, "saving", {});
  }

  /** The other name of a file that was saved, where a crash came before it was removed. */
  #removeLeftover(row: FileRow): void {
    const { folder, path } = decodeWhere(row.where);
    if (folder === undefined || path === undefined || dirname(path) !== folder) return;
    const leftover = join(folder, partialNameOf(fileId(row)));
    if (basename(path) !== basename(leftover) && lookAt(leftover)?.isFile) Deno.removeSync(leftover);
  }

  #note({ place, reference }: FoundFile, state: FileState, where: Where, told = false): Promise<void> {
    const blob = blobOfUrl(reference.url) ?? new Uint8Array();
    const row = { ...place, blob, state, told: told || blob.length === 0, where: encodeWhere(where) };
    return this.#store.transaction(() => this.#store.files.put(row));
  }

  #where({ place }: FoundFile): Where {
    const row = this.#store.files.get(place);
    return row === undefined ? {} : decodeWhere(row.where);
  }

  /** By way of the message that it names, and not of all. */
  #look({ id, conversation, message }: FileItem): FoundFile {
    const row = this.#store.messages.get(conversation, decodeHex(message));
    const found = row && this.#filesOf(row).find(({ item }) => item.id === id);
    if (found === undefined) throw fileUnknown(id);
    return found;
  }

  #filesOf(row: MessageRow): FoundFile[] {
    return filesOfMessage(row).map((file) => {
      const known = this.#store.files.get(file.place);
      const state = known?.state ?? "available";
      const { path, announced = false } = state === "saved" ? decodeWhere(known!.where) : {};
      return {
        ...file,
        item: toFileItem(row, file, { state, announced, ...(path !== undefined && { path }) }),
      };
    });
  }
}

function isWaiting({ state, announced }: FileItem): boolean {
  return state === "available" || state === "saving" || state === "saved" && !announced;
}

/** Hidden, and never the name of a file that was received. */
function partialNameOf(id: string): string {
  return `.parley-${id}.part`;
}

/** What a file is after an error that another attempt cannot mend. */
function finalState(error: unknown): FileState | undefined {
  if (!(error instanceof ParleyError)) return undefined;
  if (["blob-unknown", "blob-damaged"].includes(error.code)) return "gone";
  const refusals = ["file-refused", "file-descriptor-malformed", "folder-refused", "folder-malformed"];
  return refusals.includes(error.code) ? "refused" : undefined;
}

function encodeWhere(where: Where): Uint8Array {
  return encodeUtf8(JSON.stringify(where));
}

/** Of a file that this device has sent nothing is kept. */
function decodeWhere(bytes: Uint8Array): Where {
  return bytes.length === 0 ? {} : JSON.parse(decodeUtf8(bytes));
}

function fileUnknown(id: string): UsageError {
  return new UsageError("file-unknown", `there is no file ${id} here`, {
    hint: "'parley files list' shows the files",
  });
}
