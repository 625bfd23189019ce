import { equalBytesConstantTime } from "../bytes/mod.ts";
import { deriveKeyFromPassword, type RandomSource } from "../crypto/mod.ts";
import { AuthenticationError, UsageError } from "../errors/mod.ts";
import type { Clock } from "./clock.ts";
import { parseName } from "./identity.ts";

/** A user who may enrol devices with a password, as the authority keeps it. */
export interface UserRecord {
  /** The user. */
  user: string;
  /** Argon2id's salt. */
  salt: Uint8Array;
  /** Argon2id's output for the password. */
  hash: Uint8Array;
  /** Argon2id's memory, in KiB. */
  memoryKiB: number;
  /** Argon2id's passes. */
  passes: number;
  /** Argon2id's lanes. */
  parallelism: number;
  /** When the password was set. */
  changedAt: Date;
}

/** Where user records are kept, shared by several processes. Every method throws a StorageError where it cannot work. */
export interface UserRecords {
  /** Adds a record; false where the user has one. */
  add(record: UserRecord): boolean;
  /** Replaces a record; false where the user has none. */
  replace(record: UserRecord): boolean;
  /** Removes a record; false where the user has none. */
  remove(user: string): boolean;
  /** Finds a user's record. */
  find(user: string): UserRecord | undefined;
  /** All records, by user. */
  list(): UserRecord[];
}

const SALT_BYTES = 16;
const COST = { memoryKiB: 65_536, passes: 3, parallelism: 1 } as const;
const MIN_PASSWORD_BYTES = 8, MAX_PASSWORD_BYTES = 1_024;

/** The users who may enrol devices with a password. Passwords are kept as Argon2id (RFC 9106) makes them. */
export class UserAccounts {
  readonly #records: UserRecords;
  readonly #clock: Clock;
  readonly #random: RandomSource;

  /** Works on records. */
  constructor(options: { records: UserRecords; clock: Clock; random: RandomSource }) {
    this.#records = options.records;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /**
   * Lets a user enrol with a password.
   *
   * @throws {UsageError} `name-malformed`, `password-unusable`, `user-exists`
   */
  async add(user: string, password: Uint8Array): Promise<void> {
    if (this.#records.find(user) === undefined && this.#records.add(await this.#record(user, password))) {
      return;
    }
    throw new UsageError("user-exists", `${user} has a password already`, {
      hint: `change it with 'parley ca user passwd ${user}'`,
    });
  }

  /**
   * Changes a user's password.
   *
   * @throws {UsageError} `name-malformed`, `password-unusable`, `user-unknown`
   */
  async setPassword(user: string, password: Uint8Array): Promise<void> {
    if (!this.#records.replace(await this.#record(user, password))) throw unknownUser(user);
  }

  /**
   * Takes the password from a user; certificates stay as they are.
   *
   * @throws {UsageError} `user-unknown`
   */
  remove(user: string): void {
    if (!this.#records.remove(user)) throw unknownUser(user);
  }

  /** The users who have a password, and since when they have the present one. */
  list(): { user: string; changedAt: Date }[] {
    return this.#records.list().map(({ user, changedAt }) => ({ user, changedAt }));
  }

  /**
   * Checks a password. The work and the error are the same whether it is wrong or nobody has that name.
   *
   * @throws {AuthenticationError} `credentials-wrong`
   */
  async verify(user: string, password: Uint8Array): Promise<void> {
    const record = this.#records.find(user);
    const { salt, hash, ...cost } = record ?? { ...COST, salt: new Uint8Array(SALT_BYTES), hash: NO_HASH };
    const { memoryKiB, passes, parallelism } = cost;
    const derived = await deriveKeyFromPassword(password, salt, { memoryKiB, passes, parallelism });
    if (equalBytesConstantTime(derived, hash) && record !== undefined) return;
    throw new AuthenticationError("credentials-wrong", "wrong user name or password");
  }

  async #record(user: string, password: Uint8Array): Promise<UserRecord> {
    parseName(user, "user");
    if (password.length < MIN_PASSWORD_BYTES || password.length > MAX_PASSWORD_BYTES) {
      throw new UsageError(
        "password-unusable",
        `a password has ${MIN_PASSWORD_BYTES} to ${MAX_PASSWORD_BYTES} bytes`,
      );
    }
    const salt = this.#random(SALT_BYTES);
    const hash = await deriveKeyFromPassword(password, salt, COST);
    return { user, salt, hash, ...COST, changedAt: this.#clock() };
  }
}

/** What an unknown user's password is compared with. */
const NO_HASH = new Uint8Array(32);

function unknownUser(user: string): UsageError {
  return new UsageError("user-unknown", `${user} has no password`, {
    hint: "'parley ca user list' shows who has one",
  });
}
