import assert from "node:assert/strict";
import fc from "fast-check";
import { formatPem, parsePem } from "../../lib/bytes/mod.ts";
import { decodeOrRefuse } from "../support/hostile_bytes.ts";

const label = fc.stringMatching(/^[A-Z0-9][A-Z0-9 ]{0,20}$/);
const block = fc.record({ label, bytes: fc.uint8Array({ maxLength: 200 }).map((it) => it.slice()) });

Deno.test("formatPem() and parsePem() round-trip blocks with any text between them", () => {
  const between = fc.string({ maxLength: 40 }).filter((it) => !it.includes("-"));
  fc.assert(fc.property(fc.array(block, { minLength: 1, maxLength: 4 }), between, (blocks, gap) => {
    const text = blocks.map((it) => `${gap}\n${formatPem(it.label, it.bytes)}`).join("");
    assert.deepEqual(parsePem(text), structuredClone(blocks));
    assert.deepEqual(parsePem(text.replaceAll("\n", "\r\n")), structuredClone(blocks));
  }));
});

Deno.test("formatPem() writes lines of 64 characters (RFC 7468 §3)", () => {
  const lines = formatPem("X", new Uint8Array(100)).split("\n");
  assert.deepEqual(lines.map((line) => line.length), [17, 64, 64, 8, 15, 0]);
});

const whole = formatPem("CERTIFICATE", new Uint8Array(90));
const broken: [string, string][] = [
  ["nothing", ""],
  ["no block", "hello"],
  ["no end", whole.slice(0, 100)],
  ["another label at its end", whole.replace("END CERTIFICATE", "END PRIVATE KEY")],
  ["a character that is not base64", whole.replace("AAAA", "AA*A")],
  ["base64 that is cut", whole.replace("AAAA\n", "AAA\n")],
  ["a second block that is broken", whole + whole.slice(0, 60)],
  ["a label in lower case", whole.replaceAll("CERTIFICATE", "certificate")],
  ["more than 4 MiB", whole + " ".repeat(4 * 1024 * 1024)],
];
for (const [name, text] of broken) {
  Deno.test(`parsePem() refuses ${name}`, () => {
    assert.throws(() => parsePem(text), { kind: "decode" });
  });
}

Deno.test("parsePem() throws only typed errors on damaged text", () => {
  fc.assert(fc.property(block, fc.nat(), fc.string({ maxLength: 5 }), (it, at, junk) => {
    const text = formatPem(it.label, it.bytes);
    const place = at % text.length;
    decodeOrRefuse(() => parsePem(text.slice(0, place) + junk + text.slice(place + junk.length)));
  }));
});

Deno.test("parsePem() needs time in proportion to the text", () => {
  const began = performance.now();
  for (const part of ["-----BEGIN A", "-----BEGIN A-----", "-----BEGIN A-----\nAAAA", "-----"]) {
    assert.throws(() => parsePem(part.repeat(1_000_000 / part.length)), { kind: "decode" });
  }
  assert(performance.now() - began < 2_000);
});
