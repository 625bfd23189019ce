import assert from "node:assert/strict";
import fc from "fast-check";
// The DER codec is private to its room; these are its unit tests.
import { DerReader } from "../../lib/pki/der_reader.ts";
import {
  derBits,
  derElement,
  derInteger,
  derOctets,
  derOid,
  derTime,
  derUnsigned,
} from "../../lib/pki/der_writer.ts";
import { typedErrorOf } from "../support/mutate.ts";

Deno.test("DerReader reads what the writer wrote", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000, size: "max" }), (octets) => {
      assert.deepEqual(new DerReader(derOctets(octets)).octets("x"), new Uint8Array(octets));
      assert.deepEqual(new DerReader(derBits(octets)).bitOctets("x"), new Uint8Array(octets));
    }),
    { numRuns: 20 },
  );
  fc.assert(fc.property(fc.nat(0x7fff_ffff), (value) => {
    assert.equal(new DerReader(derInteger(value)).smallInteger("x"), value);
  }));
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 1n << 200n }), (value) => {
    const hex = value.toString(16);
    const octets = Uint8Array.fromHex(hex.length % 2 ? `0${hex}` : hex);
    assert.equal(BigInt(`0x${new DerReader(derUnsigned(octets)).unsigned("x").toHex()}`), value);
  }));
});

Deno.test("DerReader reads times and object identifiers that the writer wrote", () => {
  const seconds = fc.integer({ min: Date.UTC(1950, 0) / 1000, max: Date.UTC(9999, 0) / 1000 });
  fc.assert(fc.property(seconds, (at) => {
    const time = new Date(at * 1000);
    assert.deepEqual(new DerReader(derTime(time)).time("x"), time);
  }));
  const arc = fc.nat(2 ** 31 - 1);
  fc.assert(fc.property(fc.nat(2), fc.nat(39), fc.array(arc, { maxLength: 8 }), (first, second, rest) => {
    const oid = [first, second, ...rest].join(".");
    assert.equal(new DerReader(derOid(oid)).oid("x"), oid);
  }));
});

Deno.test("DerReader refuses what BER allows and DER does not", async () => {
  const cases: [string, (reader: DerReader) => unknown][] = [
    ["0480", (reader) => reader.octets("indefinite length")],
    ["04810100", (reader) => reader.octets("length in two octets where one is enough")],
    ["0482000100", (reader) => reader.octets("length with a leading zero")],
    ["04850000000001", (reader) => reader.octets("length of five octets")],
    ["0402aa", (reader) => reader.octets("content that is cut off")],
    ["1f8101", (reader) => reader.any("tag of several octets")],
    ["02020001", (reader) => reader.unsigned("padded integer")],
    ["0200", (reader) => reader.unsigned("integer without octets")],
    ["0201ff", (reader) => reader.unsigned("negative integer")],
    ["02050100000000", (reader) => reader.smallInteger("integer that is too large")],
    ["010101", (reader) => reader.boolean("boolean that is not 0xff")],
    ["0300", (reader) => reader.bits("bit string without a count")],
    ["030108", (reader) => reader.bits("eight unused bits")],
    ["030101", (reader) => reader.bits("unused bits of nothing")],
    ["03020101", (reader) => reader.bits("unused bit that is set")],
    ["0600", (reader) => reader.oid("no arcs")],
    ["06022a80", (reader) => reader.oid("arc that is cut off")],
    ["06032a8001", (reader) => reader.oid("arc that is not minimal")],
    ["170d3236303233303030303030305a", (reader) => reader.time("30 February")],
    ["170d3236303130313234303030305a", (reader) => reader.time("hour 24")],
    ["170b323630313031303030305a", (reader) => reader.time("no seconds")],
    ["18133230323630313031303030303030", (reader) => reader.time("cut off")],
    ["0401", (reader) => reader.sequence("other tag")],
  ];
  for (const [hex, read] of cases) {
    const error = await typedErrorOf(() => read(new DerReader(Uint8Array.fromHex(hex))));
    assert.equal(error?.kind, "decode", hex);
  }
});

Deno.test("DerReader reports offsets in the outermost input", () => {
  const inner = derElement(0x30, derOctets(new Uint8Array(3)), Uint8Array.of(0x02, 0x01, 0xff));
  const reader = new DerReader(inner).sequence("outer");
  reader.octets("first");
  assert.throws(() => reader.unsigned("second"), { code: "der-malformed", field: "second", offset: 9 });
});
