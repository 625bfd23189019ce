import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeUtf8, Writer } from "../../lib/bytes/mod.ts";
import { type MlsHeader, readMlsHeader } from "../../lib/wire/mod.ts";
import { replayCorpus } from "../support/corpus.ts";
import { almost, decodeOrRefuse } from "../support/hostile_bytes.ts";

const contentTypes: MlsHeader["contentType"][] = ["application", "proposal", "commit"];
const header: fc.Arbitrary<MlsHeader> = fc.record({
  groupId: fc.string({ maxLength: 100 }),
  epoch: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  contentType: fc.constantFrom(...contentTypes),
});

function encode({ groupId, epoch, contentType }: MlsHeader): Uint8Array {
  const id = encodeUtf8(groupId);
  return new Writer().u16(1).u16(2).varint(id.length).bytes(id).u64(BigInt(epoch))
    .u8(contentTypes.indexOf(contentType) + 1).bytes(new Uint8Array(20)).finish();
}

Deno.test("readMlsHeader() reads group, epoch and content type of a private message", () => {
  fc.assert(fc.property(header, (it) => assert.deepEqual(readMlsHeader(encode(it)), { ...it })));
});

Deno.test("readMlsHeader() refuses damaged messages with a typed error", () => {
  fc.assert(fc.property(almost(header.map(encode)), (bytes) => {
    const read = decodeOrRefuse(() => readMlsHeader(bytes));
    if (read) assert.deepEqual(readMlsHeader(encode(read)), read);
  }));
});

Deno.test("readMlsHeader() refuses every input of the corpus", () =>
  replayCorpus("mls_header", 13, readMlsHeader));
