import assert from "node:assert/strict";
import fc from "fast-check";
import { concatBytes, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import {
  type ByteSource,
  type Cutter,
  encodeFrame,
  frameCutter,
  jsonCutter,
  MessageReader,
} from "../../../lib/legacy/core/mod.ts";

/** Hands out these pieces, one a read; undefined stands for a pause that only the end of the test ends. */
class Pieces implements ByteSource {
  readonly #pieces: (Uint8Array | Promise<void>)[];

  constructor(...pieces: (Uint8Array | Promise<void>)[]) {
    this.#pieces = pieces;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const piece = this.#pieces.shift();
    if (piece === undefined) return null;
    if (piece instanceof Promise) {
      await piece;
      return await this.read(into);
    }
    const now = piece.subarray(0, into.length);
    into.set(now);
    if (now.length < piece.length) this.#pieces.unshift(piece.subarray(now.length));
    return now.length;
  }
}

async function readAll<M>(reader: MessageReader, cutter: Cutter<M>): Promise<M[]> {
  const messages: M[] = [];
  for (;;) {
    const message = await reader.read(cutter);
    if (message === undefined) return messages;
    messages.push(message);
  }
}

function inPieces(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

Deno.test("MessageReader finds the same messages however the writes were split and joined", async () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 });
  const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(bodies, sizes, async (bodies, sizes) => {
      const stream = concatBytes(...bodies.map((body) => encodeFrame(body)));
      const reader = new MessageReader(new Pieces(...inPieces(stream, sizes)), { maxMessageBytes: 4096 });
      assert.deepEqual(
        (await readAll(reader, frameCutter(3000))).map((one) => [...one]),
        bodies.map((one) => [...one]),
      );
    }),
    { numRuns: 50 },
  );
});

Deno.test("jsonCutter() finds the same objects however they were split", async () => {
  const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 4 });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(objects, sizes, fc.constantFrom("", " ", "\n"), async (objects, sizes, between) => {
      const stream = encodeUtf8(objects.map((one) => JSON.stringify(one)).join(between));
      const reader = new MessageReader(new Pieces(...inPieces(stream, sizes)), { maxMessageBytes: 1 << 20 });
      const texts = await readAll(reader, jsonCutter(1 << 20));
      assert.deepEqual(texts.map((text) => JSON.parse(text)), JSON.parse(JSON.stringify(objects)));
    }),
    { numRuns: 100 },
  );
});

Deno.test("jsonCutter() refuses what is no object, or too large a one", () => {
  for (const text of [`{"a":"${"x".repeat(100)}`, `{"a":"${"x".repeat(100)}"}`]) {
    assert.throws(() => jsonCutter(100)(encodeUtf8(text), false), { code: "message-too-large" });
  }
  for (const text of ["[]", "}", '"x"', "GET / HTTP/1.1", "\0"]) {
    assert.throws(() => jsonCutter(100)(encodeUtf8(text), false), { code: "json-malformed" });
  }
});

Deno.test("MessageReader tells a cutter when nothing follows", async () => {
  const rest = Promise.withResolvers<void>();
  const source = new Pieces(encodeUtf8("hel"), encodeUtf8("lo"), rest.promise, encodeUtf8("again"));
  const reader = new MessageReader(source, { maxMessageBytes: 100, quietMs: 5 });
  const whole: Cutter<string> = (bytes, quiet) =>
    quiet ? { message: new TextDecoder().decode(bytes), size: bytes.length } : undefined;
  assert.equal(await reader.read(whole), "hello");
  rest.resolve();
  assert.equal(await reader.read(whole), "again");
  assert.equal(await reader.read(whole), undefined);
});

Deno.test("MessageReader refuses what is too large, and what ends in the middle", async () => {
  const never: Cutter<never> = () => undefined;
  const large = new MessageReader(new Pieces(new Uint8Array(4000), new Uint8Array(4000)), {
    maxMessageBytes: 5000,
  });
  await assert.rejects(large.read(never), { code: "message-too-large" });
  const cut = new MessageReader(new Pieces(encodeFrame(new Uint8Array(9)).subarray(0, 8)), {
    maxMessageBytes: 100,
  });
  await assert.rejects(cut.read(frameCutter(10)), { code: "truncated" });
  const frame = new MessageReader(new Pieces(encodeFrame(new Uint8Array(11))), { maxMessageBytes: 100 });
  await assert.rejects(frame.read(frameCutter(10)), { code: "frame-too-large" });
});

Deno.test("MessageReader.take() returns what is here and never waits", async () => {
  const stream = concatBytes(encodeFrame(encodeUtf8("a")), encodeFrame(encodeUtf8("b")), Uint8Array.of(0, 0));
  const reader = new MessageReader(new Pieces(stream), { maxMessageBytes: 100 });
  const cutter = frameCutter(10);
  assert.equal(reader.take(cutter), undefined);
  assert.deepEqual(await reader.read(cutter), encodeUtf8("a"));
  assert.deepEqual(reader.take(cutter), encodeUtf8("b"));
  assert.equal(reader.take(cutter), undefined);
});
