import { equalBytesConstantTime } from "../bytes/mod.ts";

interface Entry<Key> {
  /** What the array held when it was imported. */
  copy: Uint8Array;
  key: Key;
}

/**
 * Imports a key once per byte array. An entry lives as long as its array and is found by the array's
 * identity; its content is compared too, so that an array that was overwritten is imported anew.
 */
export class ImportCache<Key> {
  readonly #entries = new WeakMap<Uint8Array, Entry<Key>>();
  readonly #importKey: (raw: Uint8Array) => Key | Promise<Key>;

  /** Makes an empty cache before `importKey`. */
  constructor(importKey: (raw: Uint8Array) => Key | Promise<Key>) {
    this.#importKey = importKey;
  }

  /** Returns the key of `raw`; rejects as `importKey` does. */
  async import(raw: Uint8Array): Promise<Key> {
    const entry = this.#entries.get(raw);
    if (entry !== undefined && equalBytesConstantTime(entry.copy, raw)) return entry.key;
    const copy = new Uint8Array(raw);
    const key = await this.#importKey(copy);
    this.#entries.set(raw, { copy, key });
    return key;
  }

  /** Notes that `raw` is the export of `key`, and returns `raw`. */
  remember<Raw extends Uint8Array>(raw: Raw, key: Key): Raw {
    this.#entries.set(raw, { copy: new Uint8Array(raw), key });
    return raw;
  }
}
