import assert from "node:assert/strict";
import fc from "fast-check";
import { Reader, Writer } from "../../lib/bytes/mod.ts";

type Field = ["u8" | "u16" | "u32" | "varint", number] | ["u64", bigint] | ["bytes", Uint8Array];

const field: fc.Arbitrary<Field> = fc.oneof(
  fc.tuple(fc.constant("u8" as const), fc.nat(0xff)),
  fc.tuple(fc.constant("u16" as const), fc.nat(0xffff)),
  fc.tuple(fc.constant("u32" as const), fc.nat(0xffff_ffff)),
  fc.tuple(fc.constant("varint" as const), fc.nat(0x3fff_ffff)),
  fc.tuple(fc.constant("u64" as const), fc.bigInt(0n, 2n ** 64n - 1n)),
  fc.tuple(fc.constant("bytes" as const), fc.uint8Array({ maxLength: 600 })),
);

function write(writer: Writer, [kind, value]: Field): void {
  if (kind === "u64") writer.u64(value);
  else if (kind === "bytes") writer.bytes(value);
  else writer[kind](value);
}

function read(reader: Reader, [kind, value]: Field): unknown {
  if (kind === "bytes") return new Uint8Array(reader.bytes(value.length, "field"));
  return reader[kind]("field");
}

// It once wrote the field at which it grew into the buffer that it had just replaced.
Deno.test("Writer loses nothing at the field at which it grows, whatever its capacity is", () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 20 }), fc.nat(300), (fields, capacity) => {
      const writer = new Writer(capacity);
      for (const one of fields) write(writer, one);
      const length = writer.length;
      const bytes = writer.finish();
      assert.equal(bytes.length, length);
      const reader = new Reader(bytes);
      for (const one of fields) assert.deepEqual(read(reader, one), one[1]);
      reader.end("all");
    }),
  );
});
