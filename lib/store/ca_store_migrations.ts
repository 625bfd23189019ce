/** Records of an authority are evidence: nothing may change or remove them, not even we by mistake. */
const appendOnly = (table: string): string => `
  CREATE TRIGGER ${table}_update BEFORE UPDATE ON ${table} BEGIN SELECT RAISE(ABORT, 'append-only'); END;
  CREATE TRIGGER ${table}_delete BEFORE DELETE ON ${table} BEGIN SELECT RAISE(ABORT, 'append-only'); END;`;

/** The history of the authority's schema. Append; never change what was released. Times are in ms of Unix time. */
export const caMigrations: readonly string[] = [
  `
  -- names: JSON, an array of texts.
  CREATE TABLE issuance (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    serial TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('server', 'device', 'authority')),
    names TEXT NOT NULL,
    user TEXT,
    device TEXT,
    fingerprint TEXT NOT NULL,
    certificate BLOB NOT NULL,
    issued_at INTEGER NOT NULL,
    not_after INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX issuance_by_device ON issuance (user, device);

  CREATE TABLE revocation (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    serial TEXT NOT NULL UNIQUE REFERENCES issuance (serial),
    reason TEXT NOT NULL,
    revoked_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE invite (
    token_hash BLOB NOT NULL PRIMARY KEY,
    user TEXT NOT NULL,
    relay TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE redemption (
    token_hash BLOB NOT NULL PRIMARY KEY REFERENCES invite (token_hash),
    serial TEXT NOT NULL UNIQUE REFERENCES issuance (serial),
    redeemed_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE crl (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    issued_at INTEGER NOT NULL
  ) STRICT;
  ${["issuance", "revocation", "invite", "redemption", "crl"].map(appendOnly).join("")}
  `,
  `
  -- Users who may enrol with a password: Argon2id. They are no evidence: they change and go.
  CREATE TABLE account (
    user TEXT NOT NULL PRIMARY KEY,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,
    memory_kib INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    parallelism INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
  ) STRICT;

  -- Applicants that wait for the operator's word.
  CREATE TABLE request (
    id BLOB NOT NULL PRIMARY KEY,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    spki BLOB NOT NULL,
    code TEXT NOT NULL,
    address TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decision TEXT CHECK (decision IN ('approved', 'denied'))
  ) STRICT;
  `,
  `
  -- Invites that a device has made for another one of its user.
  CREATE TABLE link (
    token_hash BLOB NOT NULL PRIMARY KEY REFERENCES invite (token_hash),
    device TEXT NOT NULL,
    linked_by TEXT NOT NULL REFERENCES issuance (serial),
    signature BLOB NOT NULL
  ) STRICT;
  ${appendOnly("link")}
  `,
];
