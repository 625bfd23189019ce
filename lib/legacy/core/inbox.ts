import { concatBytes, decodeUtf8, encodeUtf8 } from "../../bytes/mod.ts";
import { StorageError } from "../../errors/mod.ts";
import { replaceFile } from "./replace_file.ts";

/** A message that waits. `body` is what the profile stores; this file only keeps it. */
export interface WaitingMessage {
  /** Its place in the order of arrival. */
  readonly id: number;
  /** What the profile has put in. */
  readonly body: string;
}

/** A message to keep. */
export interface NewMessage {
  /** Whom it is for. */
  readonly to: string;
  /** What the profile stores. */
  readonly body: string;
}

/** Bounds of an {@link Inbox}. */
export interface InboxLimits {
  /** Messages that may wait for one user. Default 10,000. */
  readonly maxMessagesPerUser?: number;
  /** Users that messages may wait for. Default 10,000. */
  readonly maxUsers?: number;
  /** What all that waits may take, in UTF-16 units of the bodies. Default 64 Mi. */
  readonly maxSize?: number;
}

const MAX_MESSAGES_PER_USER = 10_000;
const MAX_USERS = 10_000;
const MAX_SIZE = 64 * 1024 * 1024;
/** A journal of this length is written anew where most of it is about messages that were handed over. */
const WORN_BYTES = 1024 * 1024;

/** What the journal has put down: a message that waits, or that all up to a number were handed over. */
type JournalLine = { put: number; to: string; body: string } | { taken: number; to: string };

/**
 * The messages for users who are away, in a journal of JSON lines that survives a restart: what {@link put} has
 * returned for is on disk. A line that a crash cut short is dropped, for nobody was told that it is safe.
 */
export class Inbox implements Disposable {
  readonly #path: string;
  readonly #limits: InboxLimits;
  readonly #waiting: Map<string, WaitingMessage[]>;
  /** Undefined after the journal was written anew and could not be opened. */
  #file: Deno.FsFile | undefined;
  #next: number;
  /** The sum of what waits, as {@link InboxLimits.maxSize} counts it. */
  #size: number;
  /** How long the journal is without a line that could not be written as a whole. */
  #fileBytes: number;
  #torn = false;

  private constructor(path: string, waiting: Map<string, WaitingMessage[]>, limits: InboxLimits) {
    const messages = [...waiting.values()].flat();
    this.#path = path;
    this.#waiting = waiting;
    this.#limits = limits;
    this.#next = 1 + messages.reduce((last, { id }) => Math.max(last, id), 0);
    this.#size = sizeOf(messages);
    [this.#file, this.#fileBytes] = writeAnew(path, waiting);
  }

  /**
   * Opens the journal, made where there is none. It is written anew with what still waits.
   *
   * @throws {StorageError} `inbox-unusable`
   */
  static open(path: string, limits: InboxLimits = {}): Inbox {
    try {
      return new Inbox(path, replay(readJournal(path)), limits);
    } catch (cause) {
      throw unusable(cause);
    }
  }

  /**
   * Keeps a message; on return it is on disk.
   *
   * @throws {StorageError} `inbox-full`, `inbox-unusable`
   */
  put(to: string, body: string): void {
    for (const error of this.putAll([{ to, body }]).values()) throw error;
  }

  /**
   * Keeps messages with one write; on return they are on disk, but for those that are returned with the error that
   * {@link put} would throw.
   */
  putAll(messages: readonly NewMessage[]): Map<NewMessage, StorageError> {
    const refused = new Map<NewMessage, StorageError>();
    const added = messages.filter((message) => {
      if (this.#hasRoom(message)) return this.#add(message);
      refused.set(message, new StorageError("inbox-full", "no more messages are kept for this user"));
    });
    if (added.length === 0) return refused;
    const first = this.#next - added.length;
    try {
      this.#append(...added.map(({ to, body }, index) => ({ put: first + index, to, body })));
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      for (const message of added) refused.set(message, error);
      for (const { to, body } of added) this.#drop(to, this.waiting(to).slice(0, -1), body.length);
    }
    return refused;
  }

  #hasRoom({ to, body }: NewMessage): boolean {
    const { maxMessagesPerUser = MAX_MESSAGES_PER_USER, maxUsers = MAX_USERS, maxSize = MAX_SIZE } =
      this.#limits;
    const count = this.waiting(to).length;
    return count < maxMessagesPerUser && this.#size + body.length <= maxSize &&
      (count > 0 || this.#waiting.size < maxUsers);
  }

  #add({ to, body }: NewMessage): true {
    const message = { id: this.#next++, body };
    const waiting = this.#waiting.get(to);
    if (waiting === undefined) this.#waiting.set(to, [message]);
    else waiting.push(message);
    this.#size += body.length;
    return true;
  }

  #drop(to: string, left: WaitingMessage[], size: number): void {
    this.#size -= size;
    if (left.length > 0) this.#waiting.set(to, left);
    else this.#waiting.delete(to);
  }

  /** What waits for a user, oldest first. */
  waiting(to: string): readonly WaitingMessage[] {
    return this.#waiting.get(to) ?? [];
  }

  /**
   * Forgets the messages up to and with `id`, which the user has got.
   *
   * @throws {StorageError} `inbox-unusable`
   */
  remove(to: string, id: number): void {
    const before = this.waiting(to);
    const left = before.filter((message) => message.id > id);
    if (left.length === before.length) return;
    this.#append({ taken: id, to });
    this.#drop(to, left, sizeOf(before) - sizeOf(left));
    if (this.#fileBytes > WORN_BYTES && this.#fileBytes > 4 * this.#size) this.#renew();
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#file?.close();
  }

  /** What a full disk has cut short is taken away before the next line, which would end up behind it. */
  #append(...lines: JournalLine[]): void {
    const bytes = concatBytes(...lines.map(encodeLine));
    const file = this.#file;
    if (file === undefined) throw unusable(undefined);
    try {
      if (this.#torn) file.truncateSync(this.#fileBytes);
      this.#torn = true;
      writeAll(file, bytes);
      file.syncDataSync();
      this.#torn = false;
      this.#fileBytes += bytes.length;
    } catch (cause) {
      throw unusable(cause);
    }
  }

  #renew(): void {
    try {
      this.#file?.close();
      this.#file = undefined; // nothing may go to a file that has been replaced
      [this.#file, this.#fileBytes] = writeAnew(this.#path, this.#waiting);
    } catch (cause) {
      throw unusable(cause);
    }
  }
}

function writeAnew(
  path: string,
  waiting: Map<string, WaitingMessage[]>,
): [file: Deno.FsFile, bytes: number] {
  const journal = format(waiting);
  replaceFile(path, journal, 0o600);
  return [Deno.openSync(path, { append: true }), journal.length];
}

function sizeOf(messages: readonly WaitingMessage[]): number {
  return messages.reduce((sum, { body }) => sum + body.length, 0);
}

function readJournal(path: string): string {
  try {
    const bytes = Deno.readFileSync(path);
    return decodeUtf8(bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function replay(journal: string): Map<string, WaitingMessage[]> {
  const waiting = new Map<string, WaitingMessage[]>();
  for (const text of journal.split("\n").slice(0, -1)) {
    const line: JournalLine = JSON.parse(text);
    const before = waiting.get(line.to) ?? [];
    if ("put" in line) before.push({ id: line.put, body: line.body });
    const left = "taken" in line ? before.filter(({ id }) => id > line.taken) : before;
    if (left.length > 0) waiting.set(line.to, left);
    else waiting.delete(line.to);
  }
  return waiting;
}

function format(waiting: Map<string, WaitingMessage[]>): Uint8Array {
  const lines = [...waiting].flatMap(([to, messages]) =>
    messages.map(({ id, body }) => encodeLine({ put: id, to, body }))
  );
  return concatBytes(...lines);
}

function encodeLine(line: JournalLine): Uint8Array {
  return encodeUtf8(JSON.stringify(line) + "\n");
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function unusable(cause: unknown): StorageError {
  return new StorageError("inbox-unusable", "cannot use the journal of the inboxes", {
    hint: "look at the folder, its owner and mode, and the free space",
    cause,
  });
}
