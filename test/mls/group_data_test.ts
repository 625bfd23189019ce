import assert from "node:assert/strict";
import { decodeUtf8, encodeUtf8 } from "../../lib/bytes/mod.ts";
import { createCommit, generateKeyPackage, joinGroup, processCommit } from "../../lib/mls/mod.ts";
import { makeMlsGroup, openText, sealText, validity } from "../support/mls_group.ts";
import { mlsMember } from "../support/mls_member.ts";

const groupId = "group:00112233445566778899aabbccddeeff";

// Cause: ts-mls' createCommit encrypts the path under the extensions from before the commit.
Deno.test("one commit changes the group's data, removes a member and adds another, and everybody can follow", async () => {
  const contexts = await Promise.all(["alice", "bob", "carol"].map((user) => mlsMember(user, "x")));
  const groups = await makeMlsGroup(groupId, contexts, encodeUtf8("before"));
  assert.deepEqual(groups.map(({ epoch }) => decodeUtf8(epoch.groupData!)), Array(3).fill("before"));
  const dave = await mlsMember("dave", "x");
  const { message, privateKeys } = await generateKeyPackage(dave, validity);
  const { commit, welcome, pending } = await createCommit(contexts[0]!, groups[0]!, {
    add: [message],
    remove: [groups[2]!.epoch.ownLeaf],
    groupData: encodeUtf8("after"),
  });
  const atBob = await processCommit(contexts[1]!, groups[1]!, commit);
  const atDave = await joinGroup(dave, welcome!, message, privateKeys);
  for (const data of [atBob.groupData, atBob.next!.epoch.groupData, atDave.epoch.groupData]) {
    assert.equal(decodeUtf8(data!), "after");
  }
  const text = await sealText(contexts[0]!, pending, "to all");
  assert.equal(await openText(contexts[1]!, atBob.next!, text), "to all");
  assert.equal(await openText(dave, atDave, text), "to all");
  // Whoever is removed learns what the others agreed on when it was.
  const atCarol = await processCommit(contexts[2]!, groups[2]!, commit);
  assert.equal(atCarol.next, undefined);
  assert.equal(decodeUtf8(atCarol.groupData!), "after");
});

Deno.test("a commit that only changes the group's data refreshes its author's keys as well", async () => {
  const contexts = await Promise.all(["alice", "bob"].map((user) => mlsMember(user, "x")));
  const [a, b] = await makeMlsGroup(groupId, contexts, encodeUtf8("before"));
  const { commit, pending } = await createCommit(contexts[0]!, a!, { groupData: encodeUtf8("after") });
  assert.notDeepEqual(pending.epoch.parts.privatePath, a!.epoch.parts.privatePath);
  const atBob = await processCommit(contexts[1]!, b!, commit);
  assert.deepEqual(atBob.next!.tree, pending.tree);
});
