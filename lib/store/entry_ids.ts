import { ENTRY_ID_BYTES } from "../wire/mod.ts";

/** Words of 32 bits that an entry takes up: its sender's row and its id. */
const WORDS = 1 + ENTRY_ID_BYTES / 4;
const MIN_ENTRIES = 16;

/**
 * Where the entries of a mailbox stand by sender and id: a hash table over flat arrays, for entries that are
 * added at the end and forgotten from the beginning. A map with a string for each took ten times as long.
 *
 * The hash has secret factors, so that nobody can choose ids that all fall on one place.
 */
export class EntryIds {
  /** Sequence number of the entry at the beginning of `#words`. */
  #first: number;
  #length = 0;
  #words = new Uint32Array(MIN_ENTRIES * WORDS);
  /** Places in `#words`, from 1; 0 where there is none. Always twice as many as entries fit, a power of two. */
  #table = new Uint32Array(MIN_ENTRIES * 2);
  readonly #factors = crypto.getRandomValues(new Uint32Array(WORDS));
  readonly #wanted = new Uint32Array(WORDS);

  /** Creates an empty index; the first entry to be added has this sequence number. */
  constructor(first: number) {
    this.#first = first;
  }

  /** The sequence number of the entry with this sender and id, if it is not below `floor`. */
  find(sender: number, id: Uint8Array, floor: number): number | undefined {
    const mask = this.#table.length - 1, wanted = this.#wanted;
    wanted[0] = sender;
    for (let i = 1; i < WORDS; i++) wanted[i] = wordOf(id, i);
    for (let slot = this.#slotOf(wanted, 0);; slot = slot + 1 & mask) {
      const place = this.#table[slot]!;
      if (place === 0) return undefined;
      const seq = this.#first + place - 1;
      // The same id may stand there twice, once of an entry that is gone.
      if (seq >= floor && this.#isAt(place - 1, wanted)) return seq;
    }
  }

  /** Adds the entry `seq`, which comes after all others; those below `floor` may be forgotten. */
  add(seq: number, entry: { sender: number; id: Uint8Array }, floor: number): void {
    if ((seq - this.#first) * WORDS >= this.#words.length) this.#makeRoom(seq, floor);
    const index = seq - this.#first, at = index * WORDS;
    this.#words[at] = entry.sender;
    for (let i = 1; i < WORDS; i++) this.#words[at + i] = wordOf(entry.id, i);
    this.#length = index + 1;
    this.#enter(index);
  }

  #enter(index: number): void {
    const mask = this.#table.length - 1;
    let slot = this.#slotOf(this.#words, index * WORDS);
    while (this.#table[slot] !== 0) slot = slot + 1 & mask;
    this.#table[slot] = index + 1;
  }

  /** Lets go of what is below `floor`, and takes more room where that is not enough. */
  #makeRoom(seq: number, floor: number): void {
    const first = Math.max(this.#first, floor);
    const kept = this.#words.subarray((first - this.#first) * WORDS, this.#length * WORDS);
    let capacity = MIN_ENTRIES;
    while (capacity < 2 * (seq - first + 1)) capacity *= 2;
    const words = capacity * WORDS === this.#words.length ? this.#words : new Uint32Array(capacity * WORDS);
    words.set(kept);
    this.#length = kept.length / WORDS;
    words.fill(0, kept.length);
    this.#words = words;
    this.#first = first;
    this.#table = this.#table.length === 2 * capacity ? this.#table.fill(0) : new Uint32Array(2 * capacity);
    for (let index = 0; index < this.#length; index++) if (words[index * WORDS] !== 0) this.#enter(index);
  }

  #slotOf(words: Uint32Array, at: number): number {
    const factors = this.#factors;
    let hash = 0;
    for (let i = 0; i < WORDS; i++) hash = Math.imul(hash ^ words[at + i]!, factors[i]! | 1) ^ hash >>> 15;
    return (hash ^ hash >>> 16) & this.#table.length - 1;
  }

  #isAt(index: number, wanted: Uint32Array): boolean {
    const at = index * WORDS;
    for (let i = 0; i < WORDS; i++) if (this.#words[at + i] !== wanted[i]) return false;
    return true;
  }
}

/** A word of what is looked for, from 1. */
function wordOf(id: Uint8Array, i: number): number {
  const at = 4 * i - 4;
  return (id[at]! << 24 | id[at + 1]! << 16 | id[at + 2]! << 8 | id[at + 3]!) >>> 0;
}
