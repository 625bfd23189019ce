import assert from "node:assert/strict";
import fc from "fast-check";
import { readAll, readLines } from "../../commands/input.ts";
import type { InputStream } from "../../commands/io.ts";
import { FakeIo } from "../support/fake_io.ts";

function inputOf(chunks: Uint8Array[]): InputStream {
  return { isTerminal: () => false, setRaw: () => {}, chunks: () => ReadableStream.from(chunks) };
}

Deno.test("readLines() yields the lines wherever the chunks are cut", async () => {
  const line = fc.string({ unit: fc.constantFrom("a", "é", "日", " ", "\t") });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 7 }),
      async (lines, end, size) => {
        const bytes = new TextEncoder().encode(lines.map((one) => one + end).join(""));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
        assert.deepEqual(await Array.fromAsync(readLines(inputOf(chunks), 1000)), lines);
      },
    ),
  );
});

Deno.test("readLines() yields a last line without an end, and none for an empty rest", async () => {
  const read = (stdin: string) => Array.fromAsync(readLines(new FakeIo({ stdin }).stdin, 10));
  assert.deepEqual(await read("one\ntwo"), ["one", "two"]);
  assert.deepEqual(await read("one\n"), ["one"]);
  assert.deepEqual(await read("one\n\n"), ["one", ""]);
});

Deno.test("readLines() refuses a line that is too long before it has ended", async () => {
  const endless = inputOf(Array.from({ length: 50 }, () => new Uint8Array(100).fill(0x61)));
  await assert.rejects(Array.fromAsync(readLines(endless, 1000)), { code: "line-too-long", kind: "usage" });
});

Deno.test("readAll() reads to the end and refuses more than the limit", async () => {
  assert.equal(new TextDecoder().decode(await readAll(new FakeIo({ stdin: "abc" }).stdin, 3)), "abc");
  const tooLarge = readAll(new FakeIo({ stdin: "abcd" }).stdin, 3, "send less");
  await assert.rejects(tooLarge, { code: "input-too-large", hint: "send less" });
});
