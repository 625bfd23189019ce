import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeMimiContent,
  encodeMimiContent,
  type MimiContent,
  type NestedPart,
  summarise,
} from "../../../lib/client/content/mod.ts";
import { concatBytes, decodeHex, encodeHex } from "../../../lib/bytes/mod.ts";
import { DecodeError } from "../../../lib/errors/mod.ts";
import { mimiContent } from "./content_values.ts";

/** The message with a null part whose fields are replaced; each is CBOR in hexadecimal. */
function message(fields: Record<number, string>): Uint8Array {
  const parts = [`50${"07".repeat(16)}`, "f6", "40", "f6", "f6", "a0", "83016000"];
  return decodeHex(`87${parts.map((part, i) => fields[i] ?? part).join("")}`);
}

const empty: MimiContent = {
  salt: new Uint8Array(16).fill(7),
  replaces: null,
  topicId: new Uint8Array(),
  expires: null,
  inReplyTo: null,
  extensions: [],
  nestedPart: { cardinality: "null", disposition: 1, language: "" },
};

function nested(levels: number): NestedPart {
  const leaf: NestedPart = { cardinality: "null", disposition: 1, language: "" };
  if (levels === 1) return leaf;
  const parts = [leaf, nested(levels - 1)];
  return { cardinality: "multi", disposition: 1, language: "", partSemantics: "processAll", parts };
}

Deno.test("decodeMimiContent() returns every message that encodeMimiContent() took, in one encoding", () => {
  fc.assert(fc.property(mimiContent, (content) => {
    const encoded = encodeMimiContent(content);
    const decoded = decodeMimiContent(encoded);
    const ascending = decoded.extensions;
    assert.deepEqual({ ...decoded, extensions: [] }, { ...content, extensions: [] });
    assert.deepEqual(keysOf(decoded.nestedPart), keysOf(content.nestedPart));
    assert.deepEqual(new Map(ascending.map((one) => [one.key, one.value])), valuesOf(content));
    assert.deepEqual(encodeMimiContent(decoded), encoded);
    assert.deepEqual(encodeMimiContent({ ...content, extensions: ascending.toReversed() }), encoded);
  }));
});

/** No comparison looks into them as they are. */
function keysOf(part: NestedPart): Uint8Array[] {
  if (part.cardinality === "multi") return part.parts.flatMap(keysOf);
  return part.cardinality === "external" ? [part.key.expose()] : [];
}

function valuesOf({ extensions }: MimiContent): Map<number | string, Uint8Array> {
  return new Map(extensions.map((one) => [one.key, one.value]));
}

Deno.test("decodeMimiContent() answers arbitrary and damaged bytes with a typed error", () => {
  let damagedThatDecode = 0;
  const damaged = mimiContent.chain((content) => {
    const bytes = encodeMimiContent(content);
    const change = fc.record({ at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }) });
    return fc.tuple(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(3)).map(([changes, cut]) => {
      const copy = bytes.slice(0, cut === 0 ? bytes.length - 1 : undefined);
      for (const { at, by } of changes) if (at < copy.length) copy[at]! ^= by;
      return copy;
    });
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
      try {
        const decoded = decodeMimiContent(bytes);
        assert.deepEqual(encodeHex(encodeMimiContent(decoded)), encodeHex(bytes));
        damagedThatDecode++;
        summarise(decoded);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
    { numRuns: 1_000 },
  );
  assert(damagedThatDecode > 0);
});

const accepted: [string, Record<number, string>][] = [
  ["expires after reading", { 3: "82f51903e8" }],
  ["sender, room and private extensions", { 5: "a40161610261622001617801" }],
  ["tag at the fourth level of extensions", { 5: "a11901008181c1616a" }],
  ["floats in extensions", { 5: "a20a83f93c00fa3f800001fb3ff00000000000010bf97e00" }],
  ["undefined and booleans in extensions", { 5: "a20af70b82f4f5" }],
  ["byte strings as keys inside an extension", { 5: "a10aa2014141414102" }],
  ["a large integer in an extension", { 5: "a10a1bffffffffffffffff" }],
  ["a disposition without a name", { 6: "8318ff6000" }],
  ["single part", { 6: "8501600161614161" }],
  ["a size of 53 bits", { 6: external("1b001fffffffffffff") }],
];

/** An external part of a size. */
function external(size: string): string {
  return `8f0660026161616200${size}0040404000406060`;
}

const refused: [string, Record<number, string>][] = [
  ["a short salt", { 0: "4f070707070707070707070707070707" }],
  ["null for the salt", { 0: "f6" }],
  ["a short message id", { 1: `581f01${"00".repeat(30)}` }],
  ["a message id of an unknown hash", { 1: `582002${"00".repeat(31)}` }],
  ["null for the topic", { 2: "f6" }],
  ["a topic that is too long", { 2: `591001${"00".repeat(4097)}` }],
  ["a number for the expiry", { 3: "1903e8" }],
  ["an expiry without its kind", { 3: "811903e8" }],
  ["an expiry of null", { 3: "82f6f6" }],
  ["an expiry of 33 bits", { 3: "82f51b0000000100000000" }],
  ["an empty byte string for what is replied to", { 4: "40" }],
  ["a list of extensions", { 5: "80" }],
  ["extensions out of order", { 5: "a20a010901" }],
  ["an extension twice", { 5: "a20a010a02" }],
  ["an extension with an empty name", { 5: "a16001" }],
  ["an extension with a byte string for a name", { 5: "a1414101" }],
  ["an extension with a name of 256 bytes", { 5: `a1790100${"61".repeat(256)}01` }],
  ["an extension whose number exceeds 53 bits", { 5: "a11b002000000000000001" }],
  ["an extension of five levels", { 5: "a10a8181818101" }],
  ["an extension of five levels by tags", { 5: "a10ac1c1c1c101" }],
  ["65 extensions", { 5: `b841${Array.from({ length: 65 }, (_, i) => `${cborUint(i)}01`).join("")}` }],
  ["a map in an extension that is out of order", { 5: "a10aa202010101" }],
  ["a map in an extension with a list for a key", { 5: "a10aa18001" }],
  ["an unusual NaN of 16 bits", { 5: "a10af97e01" }],
  ["a NaN of 32 bits", { 5: "a10afa7fc00000" }],
  ["a NaN of 64 bits", { 5: "a10afb7ff8000000000000" }],
  ["a simple value without a meaning", { 5: "a10af8ff" }],
  ["an indefinite length", { 5: "bfff" }],
  ["an integer that is not in its shortest form", { 6: "8318016000" }],
  ["a disposition above 255", { 6: "831901006000" }],
  ["a cardinality above 3", { 6: "83016004" }],
  ["a null part with content", { 6: "8501600061614161" }],
  ["a single part without content", { 6: "840160016161" }],
  ["text where content should be", { 6: "8501600161616161" }],
  ["a multipart of one", { 6: "85016003008183016000" }],
  ["an unknown relation of parts", { 6: "8501600303828301600083016000" }],
  ["text that is not UTF-8", { 6: "830161ff00" }],
  ["a size above 53 bits", { 6: external("1b0020000000000000") }],
  ["a byte too many", { 6: "8301600000" }],
];

function cborUint(value: number): string {
  return value < 24 ? value.toString(16).padStart(2, "0") : `18${value.toString(16).padStart(2, "0")}`;
}

for (const [title, fields] of accepted) {
  Deno.test(`decodeMimiContent() takes and keeps ${title}`, () => {
    const bytes = message(fields);
    assert.equal(encodeHex(encodeMimiContent(decodeMimiContent(bytes))), encodeHex(bytes));
  });
}

for (const [title, fields] of refused) {
  Deno.test(`decodeMimiContent() refuses ${title}`, () => {
    assert.throws(() => decodeMimiContent(message(fields)), DecodeError);
  });
}

Deno.test("the message that the refused ones are made from is accepted", () => {
  assert.deepEqual(decodeMimiContent(message({})), empty);
});

Deno.test("decodeMimiContent() takes parts of four levels and refuses a fifth", () => {
  const four = encodeMimiContent({ ...empty, nestedPart: nested(4) });
  assert.deepEqual(decodeMimiContent(four).nestedPart, nested(4));
  assert.throws(() => encodeMimiContent({ ...empty, nestedPart: nested(5) }), { code: "internal" });
  const fifth = encodeHex(four).replace(/83016000$/, "850160030282" + "83016000".repeat(2));
  assert.throws(() => decodeMimiContent(decodeHex(fifth)), { code: "content-malformed", field: "part" });
});

Deno.test("decodeMimiContent() takes 1,024 parts and refuses one more, however they are spread", () => {
  const flat = (count: number) =>
    `850160030299${count.toString(16).padStart(4, "0")}${"83016000".repeat(count)}`;
  assert.equal(countParts(decodeMimiContent(message({ 6: flat(1_023) })).nestedPart), 1_024);
  assert.throws(() => decodeMimiContent(message({ 6: flat(1_024) })), { field: "parts" });
  const spread = `850160030282${flat(600)}${flat(600)}`;
  assert.throws(() => decodeMimiContent(message({ 6: spread })), { field: "parts" });
});

function countParts(part: NestedPart): number {
  return 1 + (part.cardinality === "multi" ? part.parts.reduce((sum, one) => sum + countParts(one), 0) : 0);
}

Deno.test("decodeMimiContent() refuses what claims more than there is before it reads it", () => {
  for (const claim of ["9bffffffffffffffff", "9a7fffffff", "5b7fffffffffffffff", "bbffffffffffffffff"]) {
    const began = performance.now();
    for (let i = 0; i < 7; i++) assert.throws(() => decodeMimiContent(message({ [i]: claim })), DecodeError);
    assert.throws(() => decodeMimiContent(message({ 5: `a10a${claim}` })), DecodeError);
    assert.throws(() => decodeMimiContent(message({ 6: `8501600302${claim}` })), DecodeError);
    assert(performance.now() - began < 1_000);
  }
});

Deno.test("decodeMimiContent() refuses more bytes than fit into a message", () => {
  const content = (size: number) =>
    encodeMimiContent({
      ...empty,
      nestedPart: {
        cardinality: "single",
        disposition: 1,
        language: "",
        contentType: "image/png",
        content: new Uint8Array(size),
      },
    });
  const largest = content(61_400);
  assert.equal(largest.length, 61_440);
  assert.equal(decodeMimiContent(largest).nestedPart.cardinality, "single");
  assert.throws(() => content(61_401), { code: "content-too-long" });
  assert.throws(() => decodeMimiContent(concatBytes(largest, new Uint8Array(1))), {
    code: "content-malformed",
  });
});

Deno.test("encodeMimiContent() refuses what decodeMimiContent() would", () => {
  const wrong: Partial<MimiContent>[] = [
    { salt: new Uint8Array(15) },
    { replaces: new Uint8Array(31).fill(1) },
    { inReplyTo: new Uint8Array(32) },
    { nestedPart: { ...nested(2), parts: Array(1_024).fill(nested(1)) } as NestedPart },
    { nestedPart: { ...nested(2), parts: [nested(1)] } as NestedPart },
    { expires: { relative: true, time: 2 ** 32 } },
    { expires: { relative: true, time: 0.5 } },
    { extensions: [{ key: "", value: Uint8Array.of(1) }] },
    { extensions: [{ key: 1.5, value: Uint8Array.of(1) }] },
    { extensions: [{ key: 1, value: Uint8Array.of(1, 1) }] },
    { extensions: [{ key: 1, value: Uint8Array.of(1) }, { key: 1, value: Uint8Array.of(2) }] },
    { nestedPart: { cardinality: "null", disposition: 256, language: "" } },
    { nestedPart: { cardinality: "null", disposition: 1, language: "\ud800" } },
  ];
  for (const fields of wrong) {
    assert.throws(() => encodeMimiContent({ ...empty, ...fields }), { code: "internal" });
  }
});
