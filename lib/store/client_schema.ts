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
  `
  -- What a message's content says of itself. Message ids are salted hashes, so they tell nothing of the content.
  ALTER TABLE messages ADD COLUMN message_id BLOB;      -- by draft-ietf-mimi-content; null where it is no message
  ALTER TABLE messages ADD COLUMN what TEXT;            -- see ContentKind
  ALTER TABLE messages ADD COLUMN refers BLOB;          -- the message_id that it replaces, deletes or answers
  ALTER TABLE messages ADD COLUMN expires INTEGER;      -- ms since 1970: when the row is to be deleted
  ALTER TABLE messages ADD COLUMN lifetime INTEGER;     -- seconds that are left once it is shown
  ALTER TABLE messages ADD COLUMN receipt INTEGER;      -- see receiptStates; null where nobody wants one
  ALTER TABLE messages ADD COLUMN audience TEXT;        -- the users whose receipts count, each followed by a comma
  ALTER TABLE messages ADD COLUMN digest BLOB;          -- SHA-256 of the MLSMessage that the relay took
  ALTER TABLE messages ADD COLUMN relay_receipt INTEGER;
  CREATE UNIQUE INDEX messages_by_message_id ON messages (mailbox, message_id) WHERE message_id IS NOT NULL;
  CREATE INDEX messages_by_reference ON messages (mailbox, refers) WHERE refers IS NOT NULL;
  CREATE INDEX messages_by_mailbox ON messages (mailbox, position);
  CREATE INDEX messages_expiring ON messages (expires) WHERE expires IS NOT NULL;
  CREATE INDEX messages_receipt_due ON messages (mailbox, position) WHERE receipt IN (0, 2, 4);
  ALTER TABLE outbox ADD COLUMN expires INTEGER;        -- ms since 1970: not sent after it

  -- What other devices said of messages of this user.
  CREATE TABLE receipts (
    mailbox TEXT NOT NULL,
    message_id BLOB NOT NULL,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    delivered INTEGER NOT NULL,             -- ms since 1970, by the relay
    read INTEGER,
    PRIMARY KEY (mailbox, message_id, user, device)
  ) STRICT, WITHOUT ROWID;

  -- Receipts that the relay has signed; one may speak for many messages, and its certificates for many receipts.
  CREATE TABLE relay_certificates (
    number INTEGER PRIMARY KEY,
    certificates BLOB NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE relay_receipts (
    number INTEGER PRIMARY KEY,
    certificates INTEGER NOT NULL REFERENCES relay_certificates,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_relay_receipt ON messages (relay_receipt) WHERE relay_receipt IS NOT NULL;

  -- The key under which a message that could not be read was asked for again.
  CREATE TABLE resend_requests (
    mailbox TEXT NOT NULL,
    id BLOB NOT NULL,                       -- the entry's
    state TEXT NOT NULL,                    -- due, asked
    sealed BLOB NOT NULL,                   -- the private key; empty while it is due
    PRIMARY KEY (mailbox, id)
  ) STRICT, WITHOUT ROWID;

  -- To whom what was sent again.
  CREATE TABLE resent (
    mailbox TEXT NOT NULL,
    id BLOB NOT NULL,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    PRIMARY KEY (mailbox, id, user, device)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What all devices of this user are to know; see SyncedTable.
  CREATE TABLE synced (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,                     -- a user or a device
    time INTEGER NOT NULL,                  -- ms since 1970: the later record holds
    sealed BLOB NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- States of before do not say from what ratchets are derived; their devices enter the groups again.
  DELETE FROM groups;
  DELETE FROM members;
  DELETE FROM pending_commits;
  -- SQLite writes a row as a whole, and a tree may have two megabytes.
  ALTER TABLE groups DROP COLUMN tree;
  CREATE TABLE group_trees (
    mailbox TEXT PRIMARY KEY,
    tree BLOB NOT NULL
  ) STRICT;
  ALTER TABLE groups ADD COLUMN secrets BLOB NOT NULL DEFAULT x'';        -- sealed: where ratchets come from
  ALTER TABLE groups ADD COLUMN refreshed INTEGER NOT NULL DEFAULT 0;     -- ms since 1970: own keys were made
  ALTER TABLE groups ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;          -- own messages since then
  ALTER TABLE groups ADD COLUMN inspected INTEGER NOT NULL DEFAULT 0;     -- ms since 1970: compared with the relay's devices
  ALTER TABLE pending_commits ADD COLUMN refreshes INTEGER NOT NULL DEFAULT 1; -- makes new own keys
  ALTER TABLE members DROP COLUMN sealed;
  ALTER TABLE members ADD COLUMN since INTEGER NOT NULL DEFAULT 0;        -- the entry by which it came
  CREATE INDEX members_by_device ON members (user, device);

  -- The message ratchets of those who have sent something in the present epoch.
  CREATE TABLE ratchets (
    mailbox TEXT NOT NULL,
    leaf INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (mailbox, leaf)
  ) STRICT, WITHOUT ROWID;

  -- What a group is called, which the relay does not know.
  CREATE TABLE group_profiles (
    mailbox TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Users who have said that they leave, until they are removed.
  CREATE TABLE leavers (
    mailbox TEXT NOT NULL,
    user TEXT NOT NULL,
    PRIMARY KEY (mailbox, user)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE INDEX messages_with_files ON messages (position) WHERE what = 'files';

  -- Files that are being sent, until the message that names them is in the outbox.
  CREATE TABLE file_batches (
    id BLOB PRIMARY KEY,                    -- what will be the message's entry id
    mailbox TEXT NOT NULL,
    time INTEGER NOT NULL,                  -- ms since 1970
    sealed BLOB NOT NULL                    -- what is sent, with what
  ) STRICT, WITHOUT ROWID;

  -- What has become of files that messages name. One without a row waits to be fetched.
  CREATE TABLE files (
    mailbox TEXT NOT NULL,
    id BLOB NOT NULL,                       -- the message's entry id
    part INTEGER NOT NULL,                  -- the file's place in the message, from 0
    blob BLOB NOT NULL,                     -- its id at the relay
    state TEXT NOT NULL,                    -- see FileState
    told INTEGER NOT NULL,                  -- whether the relay knows what it has to
    sealed BLOB NOT NULL,                   -- where it is on this machine
    PRIMARY KEY (mailbox, id, part)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX files_untold ON files (state) WHERE told = 0;
  CREATE TRIGGER files_of_deleted_messages AFTER DELETE ON messages WHEN old.what = 'files' BEGIN
    DELETE FROM files WHERE mailbox = old.mailbox AND id = old.id;
  END;
  `,
  `
  CREATE INDEX messages_vanishing ON messages (mailbox, position)
    WHERE expires IS NOT NULL OR lifetime IS NOT NULL;

  -- What lines of a conversation say, to be searched together: a copy that may go at any time; see SearchTable.
  CREATE TABLE search_blocks (
    number INTEGER PRIMARY KEY,
    mailbox TEXT NOT NULL,
    first INTEGER NOT NULL,                 -- the position of the oldest line
    last INTEGER NOT NULL,                  -- and of the newest
    sealed BLOB NOT NULL,
    UNIQUE (mailbox, first)
  ) STRICT;

  -- Whatever changes a line that may stand in a block takes the block with it. Blocks of a mailbox do not overlap.
  CREATE TRIGGER search_block_of_deleted_line AFTER DELETE ON messages
  WHEN old.what IN ('text', 'files', 'edit', 'other') AND old.expires IS NULL AND old.lifetime IS NULL BEGIN
    DELETE FROM search_blocks WHERE last >= old.position AND number = (SELECT number FROM search_blocks
      WHERE mailbox = old.mailbox AND first <= old.position ORDER BY first DESC LIMIT 1);
  END;
  CREATE TRIGGER search_block_of_changed_line
  AFTER UPDATE OF position, mailbox, what, expires, lifetime, sealed ON messages
  WHEN old.what IS NOT new.what OR old.expires IS NOT new.expires OR old.lifetime IS NOT new.lifetime
    OR old.sealed IS NOT new.sealed OR old.position <> new.position OR old.mailbox <> new.mailbox BEGIN
    DELETE FROM search_blocks WHERE last >= old.position AND number = (SELECT number FROM search_blocks
      WHERE mailbox = old.mailbox AND first <= old.position ORDER BY first DESC LIMIT 1);
    DELETE FROM search_blocks WHERE last >= new.position AND number = (SELECT number FROM search_blocks
      WHERE mailbox = new.mailbox AND first <= new.position ORDER BY first DESC LIMIT 1);
  END;
  CREATE TRIGGER search_block_of_added_line AFTER INSERT ON messages
  WHEN new.what IN ('text', 'files', 'edit', 'other') AND new.expires IS NULL AND new.lifetime IS NULL BEGIN
    DELETE FROM search_blocks WHERE last >= new.position AND number = (SELECT number FROM search_blocks
      WHERE mailbox = new.mailbox AND first <= new.position ORDER BY first DESC LIMIT 1);
  END;
  `,
  `
  -- A file that this device has sent outlives its message until the relay has deleted it.
  DROP TRIGGER files_of_deleted_messages;
  CREATE TRIGGER files_of_deleted_messages AFTER DELETE ON messages WHEN old.what = 'files' BEGIN
    DELETE FROM files WHERE mailbox = old.mailbox AND id = old.id AND state <> 'withdrawn';
  END;
  `,
];
