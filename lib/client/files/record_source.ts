/** The records of a file, from one place on to the end, in order. */
export interface RecordSource extends Disposable {
  /** Goes to a record, which is the next one then; those before it are at the relay. */
  seek(index: number, onChecked: (doneBytes: number) => void, signal: AbortSignal): Promise<void> | void;
  /** The next record. Its bytes are good until it is given back. */
  next(): Uint8Array<ArrayBuffer>;
  /** Takes a record back that is at the relay, so that its buffer is used again. */
  giveBack(record: Uint8Array<ArrayBuffer>): void;
  /**
   * The SHA-256 of the whole content, when every record was given.
   *
   * @throws {UsageError} `file-changed`
   */
  finish(): Uint8Array<ArrayBuffer>;
}
