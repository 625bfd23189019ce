import assert from "node:assert/strict";
import fc from "fast-check";
import { Reader, Writer } from "../../lib/bytes/mod.ts";
import { DecodeError } from "../../lib/errors/mod.ts";

type Step =
  | { kind: "u8" | "u16" | "u32" | "varint"; value: number }
  | { kind: "u64"; value: bigint }
  | { kind: "bytes"; value: Uint8Array };

const number = (kind: "u8" | "u16" | "u32" | "varint", max: number): fc.Arbitrary<Step> =>
  fc.nat({ max }).map((value) => ({ kind, value }));
const step: fc.Arbitrary<Step> = fc.oneof(
  number("u8", 0xff),
  number("u16", 0xffff),
  number("u32", 0xffff_ffff),
  number("varint", 2 ** 30 - 1),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): Step => ({ kind: "u64", value })),
  fc.uint8Array().map((value): Step => ({ kind: "bytes", value: value.slice() })),
);

function write(steps: Step[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer(1);
  for (const { kind, value } of steps) {
    if (kind === "u64") writer.u64(value);
    else if (kind === "bytes") writer.bytes(value);
    else writer[kind](value);
  }
  return writer.finish();
}

function read(reader: Reader, { kind, value }: Step): unknown {
  return kind === "bytes" ? reader.bytes(value.length, "field").slice() : reader[kind]("field");
}

Deno.test("Reader reads what Writer wrote, to the last byte", () => {
  fc.assert(fc.property(fc.array(step), (steps) => {
    const reader = new Reader(write(steps));
    for (const one of steps) assert.deepEqual(read(reader, one), one.value);
    reader.end("input");
  }));
});

Deno.test("Reader refuses every truncated input and tells field and offset", () => {
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), fc.nat(), (steps, cut) => {
    const whole = write(steps);
    if (whole.length === 0) return;
    const reader = new Reader(whole.subarray(0, cut % whole.length), 100);
    assert.throws(() => steps.forEach((one) => read(reader, one)), (error) => {
      assert(error instanceof DecodeError && error.code === "truncated" && error.field === "field");
      return error.offset !== undefined && error.offset >= 100 && error.offset <= 100 + whole.length;
    });
  }));
});

Deno.test("Reader.varint() refuses what is reserved or not minimal (RFC 9420 §2.1.2)", () => {
  for (const hex of ["c0", "ff", "4000", "403f", "80000000", "80003fff"]) {
    assert.throws(
      () => new Reader(Uint8Array.fromHex(hex)).varint("length"),
      { code: "length-malformed" },
      hex,
    );
  }
  for (const [hex, value] of [["3f", 63], ["4040", 64], ["7fff", 16_383], ["80004000", 16_384]] as const) {
    assert.equal(new Reader(Uint8Array.fromHex(hex)).varint("length"), value);
    assert.equal(new Writer().varint(value).finish().toHex(), hex);
  }
});

Deno.test("Reader.end() refuses what is left over", () => {
  assert.throws(() => new Reader(new Uint8Array(3)).end("input"), { code: "trailing-bytes" });
});

Deno.test("Reader respects the bounds of a view", () => {
  const reader = new Reader(new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3));
  assert.equal(reader.u16("field"), 0x0203);
  assert.throws(() => reader.u8("field"), { code: "truncated" });
});

Deno.test("Reader.f64() reads a float of 64 bits", () => {
  assert.equal(new Reader(Uint8Array.fromHex("3ff199999999999a")).f64("field"), 1.1);
});
