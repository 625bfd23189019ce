/**
 * The schema of an identity's database. Columns named `sealed` are encrypted with a `CellCipher`; all
 * others hold what the relay knows as well (names, sequence numbers, times) or public keys.
 */
export const clientMigrations: readonly string[] = [
  `
  CREATE TABLE mailboxes (
    mailbox TEXT PRIMARY KEY,
    cursor INTEGER NOT NULL DEFAULT 0,      -- the last entry that is worked in
    acked INTEGER NOT NULL DEFAULT 0,       -- the last entry that the relay was told to be safe here
    state TEXT NOT NULL DEFAULT 'active'    -- active, left, broken
  ) STRICT, WITHOUT ROWID;

  -- One row per conversation: what lasts for an epoch.
  CREATE TABLE groups (
    mailbox TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    tree BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- One row per member: what its messages change.
  CREATE TABLE members (
    mailbox TEXT NOT NULL,
    leaf INTEGER NOT NULL,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    signature_key BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (mailbox, leaf)
  ) STRICT, WITHOUT ROWID;

  -- A commit that was sent, or is about to be, and whose fate is not known.
  CREATE TABLE pending_commits (
    mailbox TEXT PRIMARY KEY,
    id BLOB NOT NULL,
    epoch INTEGER NOT NULL,                 -- the epoch that it ends
    request BLOB NOT NULL,                  -- as it is sent
    sealed BLOB NOT NULL                    -- the state after it
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    mailbox TEXT NOT NULL,
    sealed BLOB NOT NULL,                   -- the content
    epoch INTEGER,                          -- where it has been sealed for the group: the epoch
    message BLOB                            -- and the MLSMessage
  ) STRICT;
  CREATE INDEX outbox_by_mailbox ON outbox (mailbox, position);

  CREATE TABLE messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL,
    mailbox TEXT NOT NULL,
    seq INTEGER,                            -- null until the relay has it
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    time INTEGER NOT NULL,                  -- ms since 1970; the relay's once it has it
    kind TEXT NOT NULL,                     -- message, undecryptable
    outgoing INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (mailbox, id)
  ) STRICT;
  CREATE INDEX messages_not_shown ON messages (position) WHERE shown = 0;

  CREATE TABLE key_packages (
    reference BLOB PRIMARY KEY,
    message BLOB NOT NULL,
    last_resort INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The serial number of the member's certificate, for a look into the CRL.
  ALTER TABLE members ADD COLUMN serial TEXT NOT NULL DEFAULT '';
  -- What concerns the identity as a whole; see FactTable.
  CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
