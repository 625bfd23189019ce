import assert from "node:assert/strict";
import { isIP } from "node:net";
import fc from "fast-check";
import { formatIpAddress, parseIpAddress } from "../../lib/pki/mod.ts";

Deno.test("parseIpAddress() returns the bytes that formatIpAddress() was given", () => {
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // Runs of zeros are what IPv6 text shortens.
    fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 16, maxLength: 16 }).map((one) =>
      Uint8Array.from(one)
    ),
  );
  fc.assert(fc.property(address, (bytes) => {
    assert.deepEqual(parseIpAddress(formatIpAddress(bytes)), new Uint8Array(bytes));
  }));
});

Deno.test("formatIpAddress() writes IPv6 as the URL standard does", () => {
  fc.assert(fc.property(fc.ipV6(), (text) => {
    const bytes = parseIpAddress(text);
    assert.ok(bytes !== undefined, text);
    assert.equal(`[${formatIpAddress(bytes)}]`, new URL(`http://[${text}]/`).hostname);
  }));
});

Deno.test("parseIpAddress() accepts exactly what node:net takes for an address", () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ unit: fc.constantFrom("0", "1", "f", ":", ".", "255", "::", "g"), maxLength: 12 }),
  );
  const special = ["::", "::1", "1::", ":::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1::2::3", "01.2.3.4"];
  const more = [
    "256.1.1.1",
    "1.2.3",
    "::1.2.3.4",
    "1.2.3.4::",
    "::ffff:1.2.3.4:5",
    "",
    ":",
    "1:2:3:4:5:6:7:8:9",
  ];
  const check = (one: string) => assert.equal(parseIpAddress(one) !== undefined, isIP(one) !== 0, one);
  [...special, ...more].forEach(check);
  fc.assert(fc.property(text, check), { numRuns: 500 });
});
