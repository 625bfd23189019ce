import fc from "fast-check";
import assert from "node:assert/strict";
import { ParleyError } from "../../lib/errors/mod.ts";

/** Bytes that are almost right: good ones with bytes changed, inserted, removed, or cut off. */
export function almost(good: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(
    fc.nat(),
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom("set", "insert", "remove", "cut"),
  );
  return fc.tuple(good, fc.array(change, { minLength: 1, maxLength: 4 })).map(([bytes, changes]) => {
    const out = [...bytes];
    for (const [at, byte, kind] of changes) {
      const place = out.length === 0 ? 0 : at % out.length;
      if (kind === "set") out[place] = byte;
      else if (kind === "insert") out.splice(place, 0, byte);
      else if (kind === "remove") out.splice(place, 1);
      else out.length = place;
    }
    return Uint8Array.from(out);
  });
}

/** What `decode` returns, or undefined where it throws a typed error that is nobody's bug. */
export function decodeOrRefuse<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    assert(error instanceof ParleyError && error.kind !== "internal", `not a typed error: ${error}`);
    return undefined;
  }
}
