import { ParleyError } from "../../lib/errors/mod.ts";
import fc from "fast-check";

/** Bytes like `original` with something changed: a byte, a cut, something doubled or put in between. */
export function mutationsOf(original: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const position = fc.nat(original.length - 1);
  const changed = fc.tuple(position, fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
    const copy = new Uint8Array(original);
    copy[at] = copy[at]! ^ mask;
    return copy;
  });
  const cut = position.map((end) => new Uint8Array(original.subarray(0, end)));
  const spliced = fc.tuple(position, position, fc.uint8Array({ maxLength: 8 })).map(([a, b, middle]) =>
    Uint8Array.from([...original.subarray(0, a), ...middle, ...original.subarray(b)])
  );
  return fc.oneof({ weight: 4, arbitrary: changed }, cut, spliced);
}

/** Runs `work`; returns its error where it is a typed one, undefined where it succeeded. */
export async function typedErrorOf(work: () => unknown): Promise<ParleyError | undefined> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ParleyError && error.kind !== "internal") return error;
    throw error;
  }
}
