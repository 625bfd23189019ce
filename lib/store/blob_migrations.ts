/** The history of the blob catalogue's schema. Append; never change what was released. */
export const blobMigrations: readonly string[] = [
  `
  -- stored: so many records at least are in the file. seq: absent until the blob is finished.
  -- time: when it was begun, gone on with, or finished, in milliseconds since 1970.
  CREATE TABLE blob (
    id BLOB PRIMARY KEY,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    records INTEGER NOT NULL,
    last_record_bytes INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    seq INTEGER,
    time INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX blob_by_user ON blob (user, bytes);
  CREATE INDEX blob_by_time ON blob (time);

  -- Which devices do not need a blob any more.
  CREATE TABLE blob_done (
    blob BLOB NOT NULL REFERENCES blob ON DELETE CASCADE,
    device TEXT NOT NULL,
    PRIMARY KEY (blob, device)
  ) STRICT, WITHOUT ROWID;
  `,
];
