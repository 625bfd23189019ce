import type { KeyObject } from "node:crypto";
import * as v from "valibot";
import { readJsonFile, writeJsonFile } from "./json_file.ts";
import { formatRsaPrivateKey, formatRsaPublicKey, parseRsaPrivateKey } from "./rsa_key.ts";

const fileSchema = v.object({
  my_keys: v.array(v.object({
    id: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
    private_key: v.string(),
    public_key: v.string(),
  })),
});

/** A user's RSA keys by their ids in a JSON file, private ones as traditional PEM encrypted under a password. */
export class RsaKeyFile {
  readonly #path: string;
  readonly #password: string;
  readonly #opened = new Map<string, KeyObject>();

  /** Takes the password that the keys are encrypted under. */
  constructor(path: string, password: string) {
    this.#path = path;
    this.#password = password;
  }

  /**
   * Finds a private key.
   *
   * @throws {AuthenticationError} `passphrase-wrong`
   * @throws {StorageError} `file-malformed`
   */
  find(id: string): KeyObject | undefined {
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const stored = this.#read().find((key) => key.id === id);
    if (stored === undefined) return undefined;
    const key = parseRsaPrivateKey(stored.private_key, this.#password);
    this.#opened.set(id, key);
    return key;
  }

  /** Adds a private key. */
  add(id: string, key: KeyObject): void {
    const stored = {
      id,
      private_key: formatRsaPrivateKey(key, this.#password),
      public_key: formatRsaPublicKey(key),
    };
    writeJsonFile(this.#path, { my_keys: [...this.#read(), stored] });
    this.#opened.set(id, key);
  }

  #read(): v.InferOutput<typeof fileSchema>["my_keys"] {
    return readJsonFile(this.#path, fileSchema)?.my_keys ?? [];
  }
}
