import assert from "node:assert/strict";
import fc from "fast-check";
import { limits } from "../../lib/wire/mod.ts";
import {
  createCommit,
  createGroup,
  generateKeyPackage,
  type GroupSnapshot,
  joinGroup,
  type MlsContext,
  openMessage,
  padToBucket,
  ratchetOf,
  sealMessage,
} from "../../lib/mls/mod.ts";
import { mlsMember } from "../support/mls_member.ts";

const BUCKETS = [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 64_512];
/** The longest name of a mailbox is the longest group id. */
const LONGEST_GROUP_ID = `direct:${"a".repeat(32)},${"b".repeat(32)}`;
const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };

async function seal(context: MlsContext, group: GroupSnapshot, length: number) {
  const { epoch } = group;
  const data = new Uint8Array(length).fill(7);
  const { message } = await sealMessage(
    context,
    epoch,
    ratchetOf(group, epoch.ownLeaf),
    data,
    new Uint8Array(16),
  );
  return message;
}

/** What one application message encrypts without its padding (RFC 9420 §6.3.1). */
function innerLength(data: number): number {
  return data + (data < 64 ? 1 : data < 16_384 ? 2 : 4) + 2 + 64;
}

Deno.test("padToBucket() gives the smallest bucket that holds the length", () => {
  fc.assert(fc.property(fc.nat(64_512), (length) => {
    assert.equal(padToBucket(length), BUCKETS.find((bucket) => bucket >= length));
  }));
  for (const bucket of BUCKETS) assert.equal(padToBucket(bucket), bucket);
  assert.throws(() => padToBucket(64_513), { code: "message-too-long" });
});

Deno.test("sealMessage() gives messages of one size for all lengths of one bucket, and of another for the next", async () => {
  const alice = await mlsMember("alice", "laptop");
  const group = await createGroup(alice, LONGEST_GROUP_ID, validity);
  const sizes: number[] = [];
  for (const [i, bucket] of BUCKETS.entries()) {
    const first = (BUCKETS[i - 1] ?? -1) + 1;
    const lengths = Array.from({ length: bucket + 1 }, (_, length) => length)
      .filter((length) => innerLength(length) >= first && innerLength(length) <= bucket);
    const ends = [lengths[0]!, lengths[1]!, lengths[lengths.length >> 1]!, lengths.at(-1)!];
    const found = new Set(
      await Promise.all(ends.map(async (length) => (await seal(alice, group, length)).length)),
    );
    assert.equal(found.size, 1, `bucket ${bucket}`);
    sizes.push(...found);
  }
  assert.deepEqual(sizes.toSorted((a, b) => a - b), sizes);
  assert.equal(new Set(sizes).size, BUCKETS.length);
  assert(sizes.at(-1)! <= limits.maxMessageBytes, `${sizes.at(-1)} bytes`);
  await assert.rejects(seal(alice, group, 64_512), { code: "message-too-long" });
});

Deno.test("sealMessage() gives messages of one size for any two lengths of one bucket", async () => {
  const alice = await mlsMember("alice", "laptop");
  const group = await createGroup(alice, "direct:alice,bob", validity);
  // Within 70 bytes below a bucket's end the signature and its length may reach into the next one.
  const pair = fc.integer({ min: 1, max: BUCKETS.length - 1 }).chain((i) => {
    const length = fc.integer({ min: BUCKETS[i - 1]!, max: BUCKETS[i]! - 70 });
    return fc.tuple(length, length);
  });
  await fc.assert(
    fc.asyncProperty(pair, async ([a, b]) => {
      assert.equal((await seal(alice, group, a)).length, (await seal(alice, group, b)).length);
    }),
    { numRuns: 40 },
  );
});

Deno.test("openMessage() gives back what was padded, without the padding", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const own = await generateKeyPackage(bob, validity);
  const { welcome, pending } = await createCommit(
    alice,
    await createGroup(alice, "direct:alice,bob", validity),
    { add: [own.message] },
  );
  const joined = await joinGroup(bob, welcome!, own.message, own.privateKeys);
  for (const length of [0, 63, 64, 190, 191, 5_000, 16_384, 64_440]) {
    const message = await seal(alice, pending, length);
    const lookup = (leaf: number) => ({
      signatureKey: joined.members.find((one) => one.leaf === leaf)!.signatureKey,
      ratchet: ratchetOf(joined, leaf),
    });
    const { plaintext } = await openMessage(bob, joined.epoch, lookup, message);
    assert.deepEqual(plaintext, new Uint8Array(length).fill(7));
  }
});
