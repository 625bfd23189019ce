import * as v from "valibot";
import { StorageError } from "../../errors/mod.ts";
import type { ClientStore } from "../../store/mod.ts";

/** A device that is to have this one's history. */
export interface OwedHistory {
  /** Its name. */
  device: string;
  /** What stands before this position is still to be sent. */
  before: number;
}

/** A device that this one has linked. */
export interface ExpectedDevice {
  /** Its name. */
  device: string;
  /** Whether it is to have this device's history. */
  history: boolean;
}

/** What this device knows of the user's devices; by name, each with the fingerprint of its key. */
export interface KnownDevices {
  /** Those that have a certificate and are members of all conversations. */
  placed: ReadonlyMap<string, string>;
  /** All that were there at any time: the newest key of each name. */
  seen: ReadonlyMap<string, string>;
  /** Those that this device has linked and that have not come yet. */
  expected: readonly ExpectedDevice[];
  /** Those to which history is being sent. */
  owed: readonly OwedHistory[];
}

const mapSchema = v.array(v.strictTuple([v.string(), v.string()]));
const schema = v.strictObject({
  placed: mapSchema,
  seen: mapSchema,
  expected: v.array(v.strictObject({ device: v.string(), history: v.boolean() })),
  owed: v.array(v.strictObject({ device: v.string(), before: v.number() })),
});

/** Reads it; nothing is known on a device that has never looked. */
export function readKnownDevices({ facts }: Pick<ClientStore, "facts">): KnownDevices {
  const text = facts.get("own-devices");
  if (text === undefined) return { placed: new Map(), seen: new Map(), expected: [], owed: [] };
  try {
    const { placed, seen, ...rest } = v.parse(schema, JSON.parse(text));
    return { placed: new Map(placed), seen: new Map(seen), ...rest };
  } catch (cause) {
    throw new StorageError("storage-damaged", "what is known of the user's devices cannot be read", {
      cause,
    });
  }
}

/** Writes it; inside a transaction. */
export function writeKnownDevices({ facts }: Pick<ClientStore, "facts">, known: KnownDevices): void {
  const { placed, seen, ...rest } = known;
  facts.set("own-devices", JSON.stringify({ placed: [...placed], seen: [...seen], ...rest }));
}
