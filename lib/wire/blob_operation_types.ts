/**
 * Begins the upload of a blob into a conversation, or goes on with it. A blob belongs to the conversation: its
 * members of the moment when it is finished may fetch it.
 */
export interface BlobBegin {
  /**
   * `blob` is 32 random bytes. The blob is `records` records long, all of `BLOB_RECORD_BYTES` but the last one of
   * `lastRecordBytes`. Repeating this with the same fields changes nothing.
   */
  request: { blob: Uint8Array<ArrayBuffer>; mailbox: string; records: number; lastRecordBytes: number };
  /** How many records, from the first one on, are on the relay's disk, and whether the blob is finished. */
  response: { stored: number; finished: boolean };
}

/** Adds the next record to a blob. The answer comes when it is on disk. */
export interface BlobPut {
  /** Records come in order: `index` is at most one above what was put before. One that is stored stays as it is. */
  request: { blob: Uint8Array<ArrayBuffer>; index: number; record: Uint8Array<ArrayBuffer> };
  /** How many records, from the first one on, are on the relay's disk. */
  response: { stored: number };
}

/** Ends an upload: from now on the members of the conversation may fetch the blob. */
export interface BlobFinish {
  /**
   * `seq` is the entry that names the blob, for which members are added after an earlier `blob-finish`; without it
   * the entry that comes next. It only ever goes up.
   */
  request: { blob: Uint8Array<ArrayBuffer>; seq?: number };
  /** Nothing. */
  response: Record<never, never>;
}

/** Fetches a record of a finished blob. */
export interface BlobGet {
  /** Which one. */
  request: { blob: Uint8Array<ArrayBuffer>; index: number };
  /** The record as it was put. */
  response: { record: Uint8Array<ArrayBuffer> };
}

/** Says that this device does not need the blob any more. When no other device does, it is deleted. */
export interface BlobDone {
  /** Which one; it need not be there any more. */
  request: { blob: Uint8Array<ArrayBuffer> };
  /** Nothing. */
  response: Record<never, never>;
}

/** Deletes a blob of one's own, finished or not. */
export interface BlobDelete {
  /** Which one; it need not be there any more. */
  request: { blob: Uint8Array<ArrayBuffer> };
  /** Nothing. */
  response: Record<never, never>;
}

/** The requests about blobs: encrypted files that wait at the relay for whoever has not fetched them. */
export interface BlobOperations {
  /** See {@link BlobBegin}. */
  "blob-begin": BlobBegin;
  /** See {@link BlobPut}. */
  "blob-put": BlobPut;
  /** See {@link BlobFinish}. */
  "blob-finish": BlobFinish;
  /** See {@link BlobGet}. */
  "blob-get": BlobGet;
  /** See {@link BlobDone}. */
  "blob-done": BlobDone;
  /** See {@link BlobDelete}. */
  "blob-delete": BlobDelete;
}
