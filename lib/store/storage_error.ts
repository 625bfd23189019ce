import { InternalError, ParleyError, StorageError } from "../errors/mod.ts";

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that a reader can do something about. */
const GENERIC = 1,
  BUSY = 5,
  LOCKED = 6,
  READ_ONLY = 8,
  CORRUPT = 11,
  FULL = 13,
  CANNOT_OPEN = 14,
  NOT_A_DATABASE = 26;

const kinds = new Map<number, { code: string; message: string; hint: string }>([
  [FULL, {
    code: "storage-full",
    message: "the disk or the database is full",
    hint: "free some space, then try again",
  }],
  [BUSY, busy()],
  [LOCKED, busy()],
  [READ_ONLY, unwritable()],
  [CANNOT_OPEN, unwritable()],
  [CORRUPT, damaged()],
  [NOT_A_DATABASE, damaged()],
]);

/** What `sqlite3_errstr` says of these codes. */
const texts = new Map<string, number>([
  ["database is locked", BUSY],
  ["database table is locked", LOCKED],
  ["attempt to write a readonly database", READ_ONLY],
  ["database disk image is malformed", CORRUPT],
  ["database or disk is full", FULL],
  ["unable to open database file", CANNOT_OPEN],
  ["file is not a database", NOT_A_DATABASE],
]);

/**
 * Returns a {@link ParleyError} as it is, and makes a typed error of what SQLite threw. Anything else that was
 * thrown while the storage was at work is a bug.
 */
export function toStorageError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  const code = resultCodeOf(error);
  if (code === undefined) return new InternalError("the storage was misused", { cause: error });
  const kind = kinds.get(code & 0xff) ?? {
    code: "storage-failed",
    message: "the storage failed",
    hint: "look at the disk and at the system's log",
  };
  return new StorageError(kind.code, kind.message, { hint: kind.hint, cause: error });
}

/** A prepared statement's error bears SQLite's result code; that of `DatabaseSync.exec` only the code's text. */
function resultCodeOf(error: unknown): number | undefined {
  const { errcode, code, message } = Object(error) as {
    errcode?: unknown;
    code?: unknown;
    message?: unknown;
  };
  if (typeof errcode === "number") return errcode;
  return code === "ERR_SQLITE_ERROR" ? texts.get(String(message)) ?? GENERIC : undefined;
}

function busy(): { code: string; message: string; hint: string } {
  return {
    code: "storage-busy",
    message: "another process holds the database for too long",
    hint: "try again when it has finished",
  };
}

function unwritable(): { code: string; message: string; hint: string } {
  return {
    code: "storage-unwritable",
    message: "the database cannot be opened for writing",
    hint: "look at the owner and mode of the folder and its files",
  };
}

function damaged(): { code: string; message: string; hint: string } {
  return {
    code: "storage-damaged",
    message: "the database is damaged",
    hint: "restore the folder from a backup",
  };
}
