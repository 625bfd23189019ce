import assert from "node:assert/strict";
import fc from "fast-check";
import { fingerprintWordsOf, formatBubbleBabble } from "../../lib/pki/mod.ts";
import { fixtureKeys } from "./fixtures.ts";

Deno.test("formatBubbleBabble() gives the examples of its specification", () => {
  const examples = [
    ["", "xexax"],
    ["1234567890", "xesef-disof-gytuf-katof-movif-baxux"],
    ["Pineapple", "xigak-nyryk-humil-bosek-sonax"],
  ];
  for (const [text, words] of examples) {
    assert.equal(formatBubbleBabble(new TextEncoder().encode(text)), words);
  }
});

Deno.test("formatBubbleBabble() gives other words for other bytes", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
    const same = a.toHex() === b.toHex();
    assert.equal(formatBubbleBabble(a) === formatBubbleBabble(b), same);
  }));
});

Deno.test("fingerprintWordsOf() is 17 words of the alphabet", async () => {
  const { spki } = await fixtureKeys("good-ed25519.key");
  const words = fingerprintWordsOf(spki).split("-");
  assert.equal(words.length, 17);
  for (const word of words) {
    assert.match(word, /^[bcdfghklmnprstvzx][aeiouy][bcdfghklmnprstvzx][aeiouy][bcdfghklmnprstvzx]$/);
  }
});
