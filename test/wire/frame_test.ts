import assert from "node:assert/strict";
import fc from "fast-check";
import { concatBytes } from "../../lib/bytes/mod.ts";
import { DecodeError } from "../../lib/errors/mod.ts";
import { encodeFrame, type Frame, FrameDecoder, type FrameType } from "../../lib/wire/mod.ts";
import { replayCorpus } from "../support/corpus.ts";
import { almost, decodeOrRefuse } from "../support/hostile_bytes.ts";

const types: FrameType[] = ["request", "response", "error", "push", "ping", "pong", "goodbye"];
const frame: fc.Arbitrary<Frame> = fc.record({
  type: fc.constantFrom(...types),
  requestId: fc.nat({ max: 0xffff_ffff }),
  body: fc.uint8Array({ maxLength: 100 }).map((it) => it.slice()),
});
const frames = fc.array(frame, { minLength: 1, maxLength: 6 });

/** Frames whose bodies are copied, since the decoder gives views. */
function copies(decoded: Frame[]): Frame[] {
  return decoded.map((it) => ({ ...it, body: it.body.slice() }));
}

Deno.test("encodeFrame() writes length, type, request id and body in this order", () => {
  const bytes = encodeFrame({ type: "error", requestId: 0x01020304, body: new Uint8Array([0xaa]) });
  assert.deepEqual([...bytes], [0, 0, 0, 6, 3, 1, 2, 3, 4, 0xaa]);
});

Deno.test("FrameDecoder decodes what encodeFrame() made, and it encodes to the same bytes", () => {
  fc.assert(fc.property(frames, (sent) => {
    const bytes = concatBytes(...sent.map(encodeFrame));
    const decoder = new FrameDecoder(1_000);
    const got = copies(decoder.push(bytes));
    assert.deepEqual(got, sent.map((it) => ({ ...it })));
    assert.deepEqual(concatBytes(...got.map(encodeFrame)), bytes);
    assert(decoder.idle);
  }));
});

Deno.test("FrameDecoder gives the same frames when the stream is split at any byte", () => {
  fc.assert(
    fc.property(frames, (sent) => {
      const bytes = concatBytes(...sent.map(encodeFrame));
      for (let at = 0; at <= bytes.length; at++) {
        const decoder = new FrameDecoder(1_000);
        const got = [
          ...copies(decoder.push(bytes.subarray(0, at))),
          ...copies(decoder.push(bytes.subarray(at))),
        ];
        assert.deepEqual(got, sent.map((it) => ({ ...it })));
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("FrameDecoder gives the same frames when the stream comes in any pieces, one byte each too", () => {
  fc.assert(fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 })), (sent, sizes) => {
    const bytes = concatBytes(...sent.map(encodeFrame));
    const decoder = new FrameDecoder(1_000);
    const got: Frame[] = [];
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      got.push(...copies(decoder.push(bytes.subarray(at, at + size))));
      at += size;
    }
    assert.deepEqual(got, sent.map((it) => ({ ...it })));
    assert(decoder.idle);
  }));
});

Deno.test("FrameDecoder refuses damaged streams with a typed error", () => {
  const streams = almost(frames.map((sent) => concatBytes(...sent.map(encodeFrame))));
  fc.assert(fc.property(streams, (bytes) => {
    const decoder = new FrameDecoder(1_000);
    const got = decodeOrRefuse(() => decoder.push(bytes));
    if (got !== undefined) {
      assert.deepEqual(
        concatBytes(...got.map(encodeFrame)),
        bytes.slice(0, concatBytes(...got.map(encodeFrame)).length),
      );
    }
  }));
});

Deno.test("FrameDecoder refuses a frame that is too large as soon as its length is there", () => {
  const decoder = new FrameDecoder(1_000);
  assert.deepEqual(decoder.push(new Uint8Array([0, 0, 3])), []);
  assert.throws(() => decoder.push(new Uint8Array([0xe9])), DecodeError);
  assert.deepEqual(new FrameDecoder(1_001).push(new Uint8Array([0, 0, 3, 0xe9])), []);
});

Deno.test("FrameDecoder needs time and memory in proportion to a frame that comes byte by byte", () => {
  const sent = { type: "push" as const, requestId: 0, body: new Uint8Array(1_000_000).fill(7) };
  const bytes = encodeFrame(sent);
  const decoder = new FrameDecoder(2_000_000);
  const began = performance.now();
  let got: Frame[] = [];
  for (let at = 0; at < bytes.length; at++) got = decoder.push(bytes.subarray(at, at + 1));
  assert.equal(got.length, 1);
  assert.deepEqual(got[0]!.body, sent.body);
  assert(got[0]!.body.buffer.byteLength <= 2 * bytes.length);
  assert(performance.now() - began < 3_000);
});

Deno.test("FrameDecoder keeps an incomplete frame in memory of its own, not in the chunk", () => {
  const [whole, begun] = [
    encodeFrame({ type: "ping", requestId: 1, body: new Uint8Array(1_000) }),
    new Uint8Array(8),
  ];
  begun.set([0, 0, 0, 5, 5]);
  const chunk = concatBytes(whole, begun);
  const decoder = new FrameDecoder(10_000);
  assert.equal(decoder.push(chunk)[0]?.body.buffer, chunk.buffer);
  assert.equal(decoder.idle, false);
  const [second] = decoder.push(new Uint8Array([9]));
  assert.equal(second?.requestId, 9);
  assert((second?.body.buffer.byteLength ?? 0) < 100);
});

Deno.test("FrameDecoder refuses every input of the corpus", () => {
  return replayCorpus("frame", 10, (bytes) => new FrameDecoder(1_000).push(bytes));
});
