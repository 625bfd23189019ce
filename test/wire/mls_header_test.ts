import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeUtf8, Writer } from "../../lib/bytes/mod.ts";
import {
  type MlsHeader,
  readApplicationEpoch,
  readGroupInfoHeader,
  readMlsHeader,
} from "../../lib/wire/mod.ts";
import { replayCorpus } from "../support/corpus.ts";
import { almost, decodeOrRefuse } from "../support/hostile_bytes.ts";

const contentTypes: MlsHeader["contentType"][] = ["application", "proposal", "commit"];
const place = {
  groupId: fc.string({ maxLength: 100 }),
  epoch: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
};
const header: fc.Arbitrary<MlsHeader> = fc.oneof(
  fc.record({ ...place, contentType: fc.constantFrom(...contentTypes), external: fc.constant(false) }),
  fc.record({ ...place, contentType: fc.constant("commit" as const), external: fc.constant(true) }),
);
const NEW_MEMBER_COMMIT = 4;

function encode({ groupId, epoch, contentType, external }: MlsHeader): Uint8Array {
  const id = encodeUtf8(groupId);
  const writer = new Writer().u16(1).u16(external ? 1 : 2).varint(id.length).bytes(id).u64(BigInt(epoch));
  if (external) writer.u8(NEW_MEMBER_COMMIT).varint(3).bytes(new Uint8Array(3));
  return writer.u8(contentTypes.indexOf(contentType) + 1).bytes(new Uint8Array(20)).finish();
}

Deno.test("readMlsHeader() refuses public messages of members, and all but commits of those who enter", () => {
  const id = encodeUtf8("group:x");
  const start = () => new Writer().u16(1).u16(1).varint(id.length).bytes(id).u64(1n);
  for (const sender of [0, 1, 2, 3, 5]) {
    const message = start().u8(sender).varint(0).u8(3).finish();
    assert.throws(() => readMlsHeader(message), { code: "mls-malformed" });
  }
  for (const contentType of [1, 2]) {
    const message = start().u8(NEW_MEMBER_COMMIT).varint(0).u8(contentType).finish();
    assert.throws(() => readMlsHeader(message), { code: "mls-malformed" });
  }
});

Deno.test("readGroupInfoHeader() reads group and epoch, and refuses what is no group info", () => {
  fc.assert(fc.property(fc.record(place), ({ groupId, epoch }) => {
    const id = encodeUtf8(groupId);
    const encode = (wireFormat: number) =>
      new Writer().u16(1).u16(wireFormat).u16(1).u16(7).varint(id.length).bytes(id).u64(BigInt(epoch))
        .finish();
    assert.deepEqual(readGroupInfoHeader(encode(4)), { groupId, epoch });
    assert.throws(() => readGroupInfoHeader(encode(3)), { code: "mls-malformed" });
    for (let length = 0; length < encode(4).length; length++) {
      decodeOrRefuse(() => readGroupInfoHeader(encode(4).subarray(0, length)));
    }
  }));
});

Deno.test("readMlsHeader() reads group, epoch and content type of a message", () => {
  fc.assert(fc.property(header, (it) => assert.deepEqual(readMlsHeader(encode(it)), { ...it })));
});

Deno.test("readMlsHeader() refuses damaged messages with a typed error", () => {
  fc.assert(fc.property(almost(header.map(encode)), (bytes) => {
    const read = decodeOrRefuse(() => readMlsHeader(bytes));
    if (read) assert.deepEqual(readMlsHeader(encode(read)), read);
  }));
});

Deno.test("readMlsHeader() refuses every input of the corpus", () =>
  replayCorpus("mls_header", 14, readMlsHeader));

Deno.test("readApplicationEpoch() reads what readMlsHeader() reads, or nothing", () => {
  const group = fc.constantFrom(
    "group:0123",
    "direct:alice,bob",
    `direct:${"a".repeat(32)},${"b".repeat(32)}`,
  );
  const message = fc.tuple(header, fc.option(group)).map(([it, groupId]) =>
    encode({ ...it, groupId: groupId ?? it.groupId })
  );
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(message, almost(message)), group, (bytes, groupId) => {
      const epoch = readApplicationEpoch(bytes, groupId);
      if (epoch === undefined) return;
      read++;
      assert.deepEqual(readMlsHeader(bytes), { groupId, epoch, contentType: "application", external: false });
    }),
    { numRuns: 2_000 },
  );
  assert.ok(read > 20, `${read}`);
});
