import assert from "node:assert/strict";
import { randomId } from "../support/mailbox_fixture.ts";
import { fakeExternalCommit, fakeGroupInfo } from "../support/fake_group_info.ts";
import { append, createGroup, type TestDevice, TestRelay } from "../support/relay_fixture.ts";

function enter(device: TestDevice, mailbox: string, epoch: number, more = {}) {
  return device.connection.request("commit", {
    ...{ mailbox, id: randomId(), commit: fakeExternalCommit(mailbox, epoch), add: [], remove: [] },
    ...more,
  });
}

Deno.test("a device of a member's user gets the group info and enters; nobody else does", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using tablet = await relay.device("alice/tablet");
  await using mallory = await relay.device("mallory/phone");
  const mailbox = await createGroup(alice);
  const groupInfo = fakeGroupInfo(mailbox, 1);
  await alice.connection.request("put-group-info", { mailbox, groupInfo });
  assert.deepEqual(await tablet.connection.request("group-info", { mailbox }), { groupInfo });
  for (
    const attempt of [
      mallory.connection.request("group-info", { mailbox }),
      mallory.connection.request("put-group-info", { mailbox, groupInfo }),
      tablet.connection.request("put-group-info", { mailbox, groupInfo }),
      enter(mallory, mailbox, 1),
      append(tablet, mailbox, 1),
    ]
  ) await assert.rejects(attempt, { code: "not-a-member" });
  await assert.rejects(enter(tablet, mailbox, 1, { add: [mallory.device] }), { code: "forbidden" });
  await assert.rejects(enter(tablet, mailbox, 2), { code: "epoch-conflict" });
  const { seq } = await enter(tablet, mailbox, 1, { groupInfo: fakeGroupInfo(mailbox, 2) });
  await append(tablet, mailbox, 2, "inside");
  const page = await tablet.connection.request("sync", { mailbox, after: 0, limit: 10 });
  assert.deepEqual([page.floor, page.entries.map((entry) => entry.seq)], [seq, [seq, seq + 1]]);
  // What came along with the commit is of the new epoch; what is of another is not kept.
  assert.deepEqual(await alice.connection.request("group-info", { mailbox }), {
    groupInfo: fakeGroupInfo(mailbox, 2),
  });
  const late = { mailbox, groupInfo };
  await assert.rejects(alice.connection.request("put-group-info", late), { code: "epoch-stale" });
  const foreign = { mailbox, groupInfo: fakeGroupInfo("group:00000000000000000000000000000000", 2) };
  await assert.rejects(alice.connection.request("put-group-info", foreign), { code: "wrong-group" });
  // A member that enters again goes on reading from where it did.
  await enter(tablet, mailbox, 2);
  const again = await tablet.connection.request("sync", { mailbox, after: 0, limit: 10 });
  assert.deepEqual(again.entries.map((entry) => entry.seq), [seq, seq + 1, seq + 2]);
  // Without one, and with nobody to ask, the answer is that there is none.
  await relay.relay.stats();
  assert.deepEqual(await alice.connection.request("group-info", { mailbox }), {});
});

Deno.test("a group info that is not there is asked of a member: at once, or as soon as one is connected", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using tablet = await relay.device("alice/tablet");
  const mailbox = await createGroup(alice);
  assert.deepEqual(await tablet.connection.request("group-info", { mailbox }), {});
  await alice.connection.request("watch", {});
  const wanted = { push: "group-info", mailbox, wanted: true };
  await alice.pushed((pushes) => pushes.length === 1);
  assert.deepEqual(alice.pushes, [wanted]);
  const answer = tablet.connection.request("group-info", { mailbox });
  await alice.pushed((pushes) => pushes.length === 2);
  const groupInfo = fakeGroupInfo(mailbox, 1);
  await alice.connection.request("put-group-info", { mailbox, groupInfo });
  assert.deepEqual(await answer, { groupInfo });
  // Whoever asked in vain before hears that it is there now.
  await tablet.pushed((pushes) => pushes.length === 1);
  assert.deepEqual(tablet.pushes, [{ push: "group-info", mailbox, wanted: false }]);
});

Deno.test("whoever asks for a group info again and again is kept once, and has a member make it once", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using tablet = await relay.device("alice/tablet");
  const mailbox = await createGroup(alice);
  await alice.connection.request("watch", {});
  const answers = Array.from({ length: 50 }, () => tablet.connection.request("group-info", { mailbox }));
  await alice.pushed((pushes) => pushes.length >= 1);
  const groupInfo = fakeGroupInfo(mailbox, 1);
  await alice.connection.request("put-group-info", { mailbox, groupInfo });
  for (const answer of answers) assert.deepEqual(await answer, { groupInfo });
  assert.deepEqual(alice.pushes, [{ push: "group-info", mailbox, wanted: true }]);
  assert.deepEqual(tablet.pushes, []);
});
