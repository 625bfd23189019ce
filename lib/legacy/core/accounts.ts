import { dirname } from "node:path";
import * as v from "valibot";
import { decodeBase64, encodeBase64, encodeUtf8, equalBytesConstantTime } from "../../bytes/mod.ts";
import { deriveKeyFromPassword, type RandomSource } from "../../crypto/mod.ts";
import { readJsonFile, writeJsonFile } from "./json_file.ts";
import { Sequence } from "./sequence.ts";

const SALT_BYTES = 16;
const MAX_ACCOUNTS = 10_000;

const accountSchema = v.object({
  username: v.string(),
  salt: v.string(),
  password: v.string(),
  key_id: v.string(),
  public_key: v.string(),
});
const fileSchema = v.object({ users: v.array(accountSchema) });

/** A user of a server. */
export interface Account {
  /** The name to log in under. */
  readonly username: string;
  /** What the password is hashed with, in base64. */
  readonly salt: string;
  /** Argon2id of the password under the salt, in base64. */
  readonly password: string;
  /** The number of the account, which the user's key has, too. */
  readonly key_id: string;
  /** The user's public key in PEM; empty before there is one. */
  public_key: string;
}

/** A server's accounts in a JSON file. Whoever is not known is registered at the first login. */
export class Accounts {
  readonly #path: string;
  readonly #random: RandomSource;
  readonly #accounts: Map<string, Account>;
  /** Hashing takes 64 MiB: one password after the other. */
  readonly #hashing = new Sequence();

  private constructor(path: string, accounts: Account[], random: RandomSource) {
    this.#path = path;
    this.#random = random;
    this.#accounts = new Map(accounts.map((account) => [account.username, account]));
  }

  /**
   * Opens the accounts in a file, whose folder is made where there is none.
   *
   * @throws {StorageError} `file-malformed`
   */
  static open(path: string, random: RandomSource): Accounts {
    Deno.mkdirSync(dirname(path), { recursive: true });
    return new Accounts(path, readJsonFile(path, fileSchema)?.users ?? [], random);
  }

  /** The names of all users. */
  names(): string[] {
    return [...this.#accounts.keys()];
  }

  /** Finds a user. */
  find(username: string): Account | undefined {
    return this.#accounts.get(username);
  }

  /** Checks a password, or registers a user that is not known; undefined where the password is wrong. */
  logIn(username: string, password: string): Promise<Account | undefined> {
    return this.#hashing.run(() => this.#logInNow(username, password));
  }

  /** Changes a user's public key. */
  setPublicKey(account: Account, publicKey: string): void {
    account.public_key = publicKey;
    this.#save();
  }

  async #logInNow(username: string, password: string): Promise<Account | undefined> {
    const known = this.#accounts.get(username);
    const salt = known === undefined ? this.#random(SALT_BYTES) : decodeBase64(known.salt);
    const hash = await deriveKeyFromPassword(encodeUtf8(password), salt);
    if (known !== undefined) {
      return equalBytesConstantTime(hash, decodeBase64(known.password)) ? known : undefined;
    }
    if (this.#accounts.size >= MAX_ACCOUNTS) return undefined;
    const account = {
      username,
      salt: encodeBase64(salt),
      password: encodeBase64(hash),
      key_id: String(this.#accounts.size + 1),
      public_key: "",
    };
    this.#accounts.set(username, account);
    this.#save();
    return account;
  }

  #save(): void {
    writeJsonFile(this.#path, { users: [...this.#accounts.values()] });
  }
}
