import assert from "node:assert/strict";
import { decodeUtf8, encodeUtf8 } from "../../lib/bytes/mod.ts";
import {
  createCommit,
  createGroupInfo,
  exportSecret,
  type GroupSnapshot,
  joinExternal,
  type MlsContext,
  processCommit,
} from "../../lib/mls/mod.ts";
import { makeMlsGroup, openText, sealText, validity } from "../support/mls_group.ts";
import { enrolled, mlsMember } from "../support/mls_member.ts";

const groupId = "group:00112233445566778899aabbccddeeff";

async function secretOf(context: MlsContext, group: GroupSnapshot): Promise<string> {
  const secret = await exportSecret(context, group.epoch, {
    label: "test",
    context: new Uint8Array(),
    length: 32,
  });
  return secret.toHex();
}

/** The same device with other keys and nothing in memory: a new installation. */
async function again(context: MlsContext): Promise<MlsContext> {
  const [user, device] = decodeUtf8(context.identity.certificates[0]!).split("/");
  return await mlsMember(user!, device!);
}

Deno.test("joinExternal() brings a device back that has lost everything, and nobody else is disturbed", async () => {
  const contexts = [
    await mlsMember("alice", "a"),
    await mlsMember("bob", "b"),
    await mlsMember("carol", "c"),
  ];
  const [alice, bob, carol] = contexts as [MlsContext, MlsContext, MlsContext];
  const [a, b, c] = await makeMlsGroup(groupId, contexts, encodeUtf8("roster"));
  const info = await createGroupInfo(bob, b!);
  const { commit, epoch, pending } = await joinExternal(carol, info, groupId, validity);
  assert.equal(epoch, 1);
  const atAlice = await processCommit(alice, a!, commit);
  const atBob = await processCommit(bob, b!, commit);
  assert.deepEqual([atAlice.author, atAlice.external], [{ user: "carol", device: "c" }, true]);
  assert.equal(decodeUtf8(pending.epoch.groupData!), "roster");
  assert.equal(pending.members.length, 3);
  const secrets = await Promise.all([
    secretOf(alice, atAlice.next!),
    secretOf(bob, atBob.next!),
    secretOf(carol, pending),
  ]);
  assert.equal(new Set(secrets).size, 1);
  assert.equal(await openText(bob, atBob.next!, await sealText(carol, pending, "back")), "back");
  // The installation whose leaf was taken learns just that.
  const replaced = await processCommit(carol, c!, commit);
  assert.deepEqual([replaced.author, replaced.next], [{ user: "carol", device: "c" }, undefined]);
  // And the group goes on from there, in both directions.
  const update = await createCommit(alice, atAlice.next!, {});
  const atCarol = await processCommit(carol, pending, update.commit);
  assert.equal(await secretOf(carol, atCarol.next!), await secretOf(alice, update.pending));
});

Deno.test("joinExternal() takes the place of a leaf of the same device with another key, and extends a full tree", async () => {
  const contexts = await Promise.all(["a", "b", "c", "d"].map((user) => mlsMember(user, "x")));
  const groups = await makeMlsGroup(groupId, contexts);
  const returned = await again(contexts[3]!);
  const info = await createGroupInfo(contexts[0]!, groups[0]!);
  const first = await joinExternal(returned, info, groupId, validity);
  const after = (await processCommit(contexts[1]!, groups[1]!, first.commit)).next!;
  assert.deepEqual(after.members.map(({ user }) => user), ["a", "b", "c", "d"]);
  const newcomer = await mlsMember("e", "x");
  const second = await joinExternal(newcomer, await createGroupInfo(contexts[1]!, after), groupId, validity);
  const atReturned = await processCommit(returned, first.pending, second.commit);
  assert.deepEqual(atReturned.next!.members.map(({ user }) => user), ["a", "b", "c", "d", "e"]);
  assert.equal(await secretOf(returned, atReturned.next!), await secretOf(newcomer, second.pending));
});

Deno.test("joinExternal() refuses the group info of another group, one that was changed, and a member that is not to be trusted", async () => {
  const contexts = [await mlsMember("alice", "a"), await mlsMember("bob", "b")];
  const [a] = await makeMlsGroup(groupId, contexts);
  const info = await createGroupInfo(contexts[0]!, a!);
  await assert.rejects(joinExternal(contexts[1]!, info, "group:other", validity), {
    code: "group-info-foreign",
  });
  for (let i = 0; i < info.length; i += 97) {
    const changed = info.slice();
    changed[i]! ^= 1;
    await assert.rejects(joinExternal(contexts[1]!, changed, groupId, validity), {
      name: /DecodeError|ProtocolError|AuthenticationError/,
    });
  }
  enrolled.delete(decodeUtf8(contexts[0]!.identity.certificates[0]!));
  await assert.rejects(joinExternal(contexts[1]!, info, groupId, validity), { code: "cert-untrusted" });
});

Deno.test("processCommit() refuses a joiner whom the CA does not know, an old epoch, and any changed byte", async () => {
  const contexts = [await mlsMember("alice", "a"), await mlsMember("bob", "b")];
  const [alice, bob] = contexts as [MlsContext, MlsContext];
  const [a, b] = await makeMlsGroup(groupId, contexts);
  const mallory = await mlsMember("mallory", "m");
  const info = await createGroupInfo(alice, a!);
  const { commit } = await joinExternal(mallory, info, groupId, validity);
  enrolled.delete(decodeUtf8(mallory.identity.certificates[0]!));
  await assert.rejects(processCommit(alice, a!, commit), { code: "cert-untrusted" });
  const back = await joinExternal(bob, info, groupId, validity);
  for (let i = 0; i < back.commit.length; i += 97) {
    const changed = back.commit.slice();
    changed[i]! ^= 1;
    await assert.rejects(processCommit(alice, a!, changed), {
      name: /DecodeError|ProtocolError|AuthenticationError/,
    });
  }
  const moved = await createCommit(alice, a!, {});
  await assert.rejects(processCommit(alice, moved.pending, back.commit), { code: "mls-wrong-epoch" });
  assert.equal((await processCommit(bob, b!, moved.commit)).next!.epoch.number, 2);
});

Deno.test("joinExternal() brings back the only member of a group, whose tree has no leaf meanwhile; another copy of it notices", async () => {
  const alice = await mlsMember("alice", "a");
  const [a] = await makeMlsGroup(groupId, [alice]);
  const { commit, pending } = await joinExternal(alice, await createGroupInfo(alice, a!), groupId, validity);
  assert.deepEqual(pending.members.map(({ leaf }) => leaf), [0]);
  const atCopy = await processCommit(alice, a!, commit);
  assert.deepEqual([atCopy.author, atCopy.next], [{ user: "alice", device: "a" }, undefined]);
  const bob = await mlsMember("bob", "b");
  const second = await joinExternal(bob, await createGroupInfo(alice, pending), groupId, validity);
  const after = await processCommit(alice, pending, second.commit);
  assert.equal(await secretOf(alice, after.next!), await secretOf(bob, second.pending));
});
