import assert from "node:assert/strict";
import fc from "fast-check";
import { type CborValue, decodeCbor, encodeCbor } from "../../lib/bytes/mod.ts";
import { encodeEntriesPush } from "../../lib/wire/entries_codec.ts";
import {
  decodeEntries,
  encodedEntriesPush,
  encodePush,
  EntriesEncoder,
  type Push,
} from "../../lib/wire/mod.ts";
import { almost, decodeOrRefuse } from "../support/hostile_bytes.ts";
import { push } from "./messages.ts";

type EntriesPush = Extract<Push, { push: "entries" }>;
const pushes = push.filter((it): it is EntriesPush => it.push === "entries");

function encoded({ entries }: EntriesPush, encoder = new EntriesEncoder(0)): EntriesEncoder {
  for (const entry of entries) encoder.add(entry);
  return encoder;
}

Deno.test("encodeEntriesPush() writes what the general encoder writes", () => {
  fc.assert(fc.property(pushes, (it) => {
    const ordered = {
      push: it.push,
      mailbox: it.mailbox,
      entries: it.entries.map(({ seq, id, kind, from: { user, device }, time, body, conversation }) => ({
        ...{ seq, id, kind, from: { user, device }, time, body },
        conversation: conversation && { mailbox: conversation.mailbox, seq: conversation.seq },
      })),
    };
    const expected = encodeCbor(ordered as unknown as CborValue);
    assert.deepEqual(new Uint8Array(encodeEntriesPush(it)), expected);
  }));
});

Deno.test("EntriesEncoder writes the same again after clear(), and as a push what encodePush() writes", () => {
  fc.assert(fc.property(pushes, pushes, (first, second) => {
    const encoder = encoded(first);
    encoder.clear();
    encoded(second, encoder);
    assert.deepEqual(encoder.array(), encoded(second).array());
    const made = encodedEntriesPush(second.mailbox, encoder);
    assert.deepEqual(new Uint8Array(encodePush(made)), new Uint8Array(encodeEntriesPush(second)));
    assert.ok(made.push === "entries");
    const { entries } = made;
    encoder.clear();
    encoded(first, encoder);
    assert.deepEqual(structuredClone(entries), structuredClone(second.entries));
  }));
});

Deno.test("decodeEntries() reads what EntriesEncoder wrote, and as decodeCbor() reads it", () => {
  fc.assert(fc.property(pushes, (it) => {
    const array = encoded(it).array();
    assert.deepEqual(structuredClone(decodeEntries(array)), structuredClone(it.entries));
    assert.deepEqual(structuredClone(decodeCbor(array)), structuredClone(it.entries));
  }));
});

Deno.test("decodeEntries() refuses damaged entries with a typed error", () => {
  fc.assert(fc.property(almost(pushes.map((it) => encoded(it).array())), (array) => {
    decodeOrRefuse(() => decodeEntries(array));
  }));
});
