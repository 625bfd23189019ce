import assert from "node:assert/strict";
import { encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { type ByteSink, MessageWriter } from "../../../lib/legacy/core/mod.ts";

/** Keeps each write and when it came. */
class Sink implements ByteSink {
  readonly writes: string[] = [];
  readonly times: number[] = [];
  /** The most that it takes at a time. */
  limit = Infinity;
  /** Writes wait for this. */
  gate: Promise<void> = Promise.resolve();

  async write(bytes: Uint8Array): Promise<number> {
    await this.gate;
    const taken = bytes.subarray(0, this.limit);
    this.writes.push(new TextDecoder().decode(taken));
    this.times.push(performance.now());
    return taken.length;
  }
}

function writerOver(sink: ByteSink, gapMs: number, onFailure: () => void = () => {}): MessageWriter {
  return new MessageWriter(sink, { gapMs, onFailure });
}

Deno.test("MessageWriter joins what is written in a turn", async () => {
  const sink = new Sink();
  const writer = writerOver(sink, 0);
  for (const text of ["a", "b", "c"]) writer.write(encodeUtf8(text));
  await writer.flushed();
  writer.write(encodeUtf8("d"));
  await writer.flushed();
  assert.deepEqual(sink.writes, ["abc", "d"]);
});

Deno.test("MessageWriter with a gap writes one message at a time and keeps the gap", async () => {
  const sink = new Sink();
  const writer = writerOver(sink, 10);
  for (const text of ["a", "b"]) writer.write(encodeUtf8(text));
  writer.write(encodeUtf8("c"), 0);
  writer.pause(10);
  writer.write(encodeUtf8("d"), 0);
  await writer.flushed();
  assert.deepEqual(sink.writes, ["a", "b", "c", "d"]);
  const [a = 0, b = 0, c = 0, d = 0] = sink.times;
  for (const gap of [b - a, c - b, d - c]) assert.ok(gap >= 9, `the gap lasted ${gap} ms`);
});

Deno.test("MessageWriter writes on where a write took only a part", async () => {
  const sink = new Sink();
  sink.limit = 2;
  const writer = writerOver(sink, 0);
  writer.write(encodeUtf8("hello"));
  await writer.flushed();
  assert.deepEqual(sink.writes, ["he", "ll", "o"]);
});

Deno.test("MessageWriter.whenWritable() waits while much is waiting", async () => {
  const sink = new Sink();
  const gate = Promise.withResolvers<void>();
  sink.gate = gate.promise;
  const writer = writerOver(sink, 0);
  for (let i = 0; i < 3; i++) writer.write(new Uint8Array(64 * 1024));
  assert.ok(writer.full);
  const writable = writer.whenWritable();
  gate.resolve();
  await writable;
  assert.ok(!writer.full);
  await writer.flushed();
});

Deno.test("MessageWriter.stop() ends a gap and drops the rest; a failed write is told once", async () => {
  const sink = new Sink();
  const writer = writerOver(sink, 60_000);
  writer.write(encodeUtf8("a"));
  writer.write(encodeUtf8("b"));
  await Promise.resolve().then(() => {}).then(() => {});
  while (sink.writes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  writer.stop();
  await writer.flushed();
  assert.deepEqual(sink.writes, ["a"]);

  let failures = 0;
  const broken = writerOver({ write: () => Promise.reject(new Error("gone")) }, 0, () => failures++);
  broken.write(encodeUtf8("a"));
  await broken.flushed();
  broken.write(encodeUtf8("b"));
  await broken.flushed();
  assert.equal(failures, 1);
});
