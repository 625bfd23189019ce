import assert from "node:assert/strict";
import { decodeHex } from "../../lib/bytes/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";

interface BadInput {
  name: string;
  hex: string;
  code: string;
}

/** Feeds every input of `test/corpus/<name>.json` to a decoder and asserts how each fails, and their number. */
export async function replayCorpus(
  name: string,
  count: number,
  decode: (bytes: Uint8Array) => unknown,
): Promise<void> {
  const text = await Deno.readTextFile(new URL(`../corpus/${name}.json`, import.meta.url));
  const inputs = JSON.parse(text) as BadInput[];
  for (const input of inputs) {
    assert.throws(() => decode(decodeHex(input.hex)), (error) => {
      assert(error instanceof ParleyError, `${input.name}: ${error}`);
      assert.equal(error.code, input.code, input.name);
      return true;
    }, input.name);
  }
  assert.equal(inputs.length, count);
}
