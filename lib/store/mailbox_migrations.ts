/** The history of the relay's schema. Append; never change what was released. */
export const mailboxMigrations: readonly string[] = [
  `
  -- key: the fingerprint of its public key; a device of the same name with another key is another device.
  CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    key TEXT,
    active INTEGER NOT NULL,
    UNIQUE (user, device)
  ) STRICT;

  -- head, epoch, members: what projecting the log gives. trimmed: nothing is left up to here.
  CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    trimmed INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE member (
    device INTEGER NOT NULL REFERENCES device,
    mailbox INTEGER NOT NULL REFERENCES mailbox,
    floor INTEGER NOT NULL,
    ceiling INTEGER,
    acked INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    PRIMARY KEY (device, mailbox)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX member_of_mailbox ON member (mailbox);

  -- The log. A welcome has no body of its own: it stands in the table welcome once for all devices.
  CREATE TABLE entry (
    mailbox INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    time INTEGER NOT NULL,
    size INTEGER NOT NULL,
    origin_mailbox INTEGER,
    origin_seq INTEGER,
    change BLOB,
    body BLOB
  ) STRICT;
  -- Sender and id stand in it to be read quickly as a whole (EntryIds). An index by id, that is, by random
  -- bytes, would touch a page of its own for each entry and halve the rate.
  CREATE UNIQUE INDEX entry_by_seq ON entry (mailbox, seq, sender, id, size);
  CREATE INDEX entry_by_origin ON entry (origin_mailbox, origin_seq) WHERE origin_mailbox IS NOT NULL;

  CREATE TABLE welcome (
    mailbox INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (mailbox, seq)
  ) STRICT;

  -- body is NULL once it was handed out; the digest stays, so that publishing it again has no effect.
  CREATE TABLE key_package (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL REFERENCES device,
    digest BLOB NOT NULL,
    last_resort INTEGER NOT NULL,
    time INTEGER NOT NULL,
    body BLOB,
    UNIQUE (device, digest)
  ) STRICT;
  CREATE INDEX key_package_left ON key_package (device, last_resort, id) WHERE body IS NOT NULL;
  `,
  `
  -- When a device was connected last, for its user.
  CREATE TABLE presence (
    device INTEGER PRIMARY KEY REFERENCES device,
    time INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- By which a device can enter the group again from outside; of the present epoch.
  CREATE TABLE group_info (
    mailbox INTEGER PRIMARY KEY REFERENCES mailbox,
    body BLOB NOT NULL
  ) STRICT;
  `,
  `
  -- Messages that are to vanish at a time, milliseconds since 1970.
  CREATE TABLE expiring (
    mailbox INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (mailbox, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX expiring_by_time ON expiring (expires);
  `,
  `
  -- The messages that one mailbox got in one transaction, as they are pushed: an array of entries in CBOR. One row
  -- for all of them costs a fraction of a row for each. Commits and welcomes, and messages from before, stand in
  -- the table entry; the numbers entries and bytes of a mailbox count only those.
  -- ids: of each entry the sender (uint32) and the id, to be read without the bodies. bytes: of the bodies.
  CREATE TABLE segment (
    id INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    time INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    ids BLOB NOT NULL,
    entries BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX segment_by_last ON segment (mailbox, last, first, time, bytes);
  `,
];
