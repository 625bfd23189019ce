import assert from "node:assert/strict";
import {
  createCommit,
  createGroup,
  decodePendingState,
  encodePendingState,
  generateKeyPackage,
  GroupEpoch,
  type GroupSnapshot,
  joinGroup,
  type MlsContext,
  openMessage,
  processCommit,
  ratchetOf,
  readWelcome,
  sealMessage,
} from "../../lib/mls/mod.ts";
import { decodeUtf8, encodeHex, encodeUtf8, equalBytes } from "../../lib/bytes/mod.ts";
import { ProtocolError } from "../../lib/errors/mod.ts";
import { enrolled, mlsMember } from "../support/mls_member.ts";

const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };
const nothing = new Uint8Array();

function seal(context: MlsContext, group: GroupSnapshot, text: string) {
  const { epoch } = group;
  return sealMessage(context, epoch, ratchetOf(group, epoch.ownLeaf), encodeUtf8(text), encodeUtf8("id"));
}

async function receive(context: MlsContext, group: GroupSnapshot, message: Uint8Array): Promise<string> {
  const lookup = (leaf: number) => {
    const found = group.members.find((one) => one.leaf === leaf);
    return found && { signatureKey: found.signatureKey, ratchet: ratchetOf(group, leaf) };
  };
  const opened = await openMessage(context, group.epoch, lookup, message);
  group.ratchets.set(opened.leaf, opened.ratchet);
  return decodeUtf8(opened.plaintext);
}

/** A group of the given members, the first of whom made it. */
async function groupOf(...contexts: MlsContext[]): Promise<GroupSnapshot[]> {
  const [first, ...others] = contexts;
  const created = await createGroup(first!, "direct:alice,bob", validity);
  const packages = await Promise.all(others.map((context) => generateKeyPackage(context, validity)));
  const { welcome, pending } = await createCommit(first!, created, {
    add: packages.map((one) => one.message),
  });
  const joined = await Promise.all(
    others.map((context, i) => joinGroup(context, welcome!, packages[i]!.message, packages[i]!.privateKeys)),
  );
  return [pending, ...joined];
}

Deno.test("a group exchanges messages both ways with one ratchet read and written per message", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const [a, b] = await groupOf(alice, bob) as [GroupSnapshot, GroupSnapshot];
  const first = await seal(alice, a, "hello");
  a.ratchets.set(a.epoch.ownLeaf, first.ratchet);
  const second = await seal(alice, a, "again");
  assert.equal(await receive(bob, b, second.message), "again");
  assert.equal(await receive(bob, b, first.message), "hello");
  assert.equal(await receive(alice, a, (await seal(bob, b, "hi")).message), "hi");
  assert.deepEqual(b.members.map(({ user, device }) => `${user}/${device}`), ["alice/laptop", "bob/phone"]);
});

Deno.test("openMessage() refuses a message that was opened before", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const [a, b] = await groupOf(alice, bob) as [GroupSnapshot, GroupSnapshot];
  const { message } = await seal(alice, a, "once");
  await receive(bob, b, message);
  await assert.rejects(receive(bob, b, message), (e: unknown) => e instanceof ProtocolError);
});

Deno.test("openMessage() refuses a message in which any byte of header, sender data or body changed", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const [a, b] = await groupOf(alice, bob) as [GroupSnapshot, GroupSnapshot];
  const { message } = await seal(alice, a, "intact");
  for (let i = 0; i < message.length; i += 7) {
    const changed = message.slice();
    changed[i]! ^= 1;
    await assert.rejects(receive(bob, b, changed), { name: /DecodeError|ProtocolError|AuthenticationError/ });
  }
  assert.equal(await receive(bob, b, message), "intact");
});

Deno.test("processCommit() brings every member to the author's epoch, and a removed one out of it", async () => {
  const contexts = [
    await mlsMember("alice", "laptop"),
    await mlsMember("bob", "phone"),
    await mlsMember("bob", "tablet"),
  ];
  const [alice, bob, tablet] = contexts as [MlsContext, MlsContext, MlsContext];
  const [a, b, t] = await groupOf(...contexts) as [GroupSnapshot, GroupSnapshot, GroupSnapshot];
  const { commit, pending } = await createCommit(alice, a, { remove: [t.epoch.ownLeaf] });
  const atBob = await processCommit(bob, b, commit);
  assert.equal(atBob.next!.epoch.number, 2);
  assert.equal(
    await receive(bob, atBob.next!, (await seal(alice, pending, "without tablet")).message),
    "without tablet",
  );
  assert.equal((await processCommit(tablet, t, commit)).next, undefined);
  await assert.rejects(receive(tablet, t, (await seal(alice, pending, "secret")).message), ProtocolError);
});

Deno.test("processCommit() applies an update of keys without any change of members", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const [a, b] = await groupOf(alice, bob) as [GroupSnapshot, GroupSnapshot];
  const { commit, pending } = await createCommit(bob, b, {});
  const atAlice = await processCommit(alice, a, commit);
  assert.deepEqual(atAlice.author, { user: "bob", device: "phone" });
  assert.equal(await receive(alice, atAlice.next!, (await seal(bob, pending, "fresh")).message), "fresh");
});

/** What the CA would issue in place of a member's certificate. */
function renew(context: MlsContext, text: (before: string) => string): void {
  const certificate = text(decodeUtf8(context.identity.certificates[0]!));
  enrolled.add(certificate);
  context.identity.certificates = [encodeUtf8(certificate)];
}

Deno.test("a commit brings its author's leaf to the author's new certificate, for all members alike", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  let [a, b] = await groupOf(alice, bob) as [GroupSnapshot, GroupSnapshot];
  renew(bob, (before) => `${before}#2`);
  const { commit, pending } = await createCommit(bob, b, {});
  [a, b] = [(await processCommit(alice, a, commit)).next!, pending];
  for (const { members } of [a, b]) {
    assert.deepEqual(members.map(({ user, serial }) => [user, serial]), [["alice", "1"], ["bob", "2"]]);
  }
  assert.deepEqual(a.tree, b.tree);
  assert.equal(await receive(alice, a, (await seal(bob, b, "renewed")).message), "renewed");
  // The tree goes on: the other one commits over it, and a newcomer finds it in order.
  const carol = await mlsMember("bob", "tablet");
  const { message, privateKeys } = await generateKeyPackage(carol, validity);
  const added = await createCommit(alice, a, { add: [message] });
  const c = await joinGroup(carol, added.welcome!, message, privateKeys);
  assert.equal(c.members.find(({ device }) => device === "phone")!.serial, "2");
  assert.equal((await processCommit(bob, b, added.commit)).next!.epoch.number, 3);
});

Deno.test("processCommit() refuses a leaf that takes another device's name, and a certificate that is refused", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const [a, b] = await groupOf(alice, bob) as [GroupSnapshot, GroupSnapshot];
  const own = decodeUtf8(bob.identity.certificates[0]!);
  renew(bob, (before) => before.replace("bob/phone", "alice/desktop"));
  const posing = await createCommit(bob, b, {});
  await assert.rejects(processCommit(alice, a, posing.commit), { code: "credential-invalid" });
  renew(bob, () => `${own}#3`);
  enrolled.delete(`${own}#3`);
  const refused = await createCommit(bob, b, {});
  await assert.rejects(processCommit(alice, a, refused.commit), { code: "cert-untrusted" });
});

Deno.test("createCommit() moves the own ratchet on, so that a second attempt uses another key", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const [a, b] = await groupOf(alice, bob) as [GroupSnapshot, GroupSnapshot];
  const first = await createCommit(alice, a, {});
  assert.ok(!equalBytes(first.ratchet, ratchetOf(a, a.epoch.ownLeaf)));
  a.ratchets.set(a.epoch.ownLeaf, first.ratchet);
  const second = await createCommit(alice, a, {});
  assert.equal((await processCommit(bob, b, second.commit)).next!.epoch.number, 2);
});

Deno.test("createCommit() refuses a device whose credential the CA did not issue, with the CA's reason", async () => {
  const alice = await mlsMember("alice", "laptop");
  const group = await createGroup(alice, "direct:alice,mallory", validity);
  const mallory = await mlsMember("mallory", "x");
  const { message } = await generateKeyPackage(mallory, validity);
  enrolled.delete(decodeUtf8(mallory.identity.certificates[0]!));
  await assert.rejects(createCommit(alice, group, { add: [message] }), { code: "cert-untrusted" });
});

Deno.test("joinGroup() refuses a group in which a member's credential is not to be trusted", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const { message, privateKeys, reference } = await generateKeyPackage(bob, validity);
  const created = await createGroup(alice, "direct:alice,bob", validity);
  const { welcome } = await createCommit(alice, created, { add: [message] });
  assert.deepEqual((await readWelcome(welcome!)).map(encodeHex), [encodeHex(reference)]);
  enrolled.delete(decodeUtf8(alice.identity.certificates[0]!));
  await assert.rejects(joinGroup(bob, welcome!, message, privateKeys), { code: "cert-untrusted" });
});

Deno.test("a key package of last resort admits its device to more than one group", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const { message, privateKeys } = await generateKeyPackage(bob, validity, { lastResort: true });
  for (const name of ["direct:alice,bob", "group:00112233445566778899aabbccddeeff"]) {
    const created = await createGroup(alice, name, validity);
    const { welcome } = await createCommit(alice, created, { add: [message] });
    assert.equal((await joinGroup(bob, welcome!, message, privateKeys)).epoch.groupId, name);
  }
});

Deno.test("decodePendingState() restores the state in which a conversation goes on", async () => {
  const [alice, bob] = [await mlsMember("alice", "laptop"), await mlsMember("bob", "phone")];
  const [a, b] = await groupOf(alice, bob) as [GroupSnapshot, GroupSnapshot];
  const restored = decodePendingState(encodePendingState(a));
  assert.deepEqual(restored.members, a.members);
  const again = GroupEpoch.decode(restored.epoch.encode());
  assert.equal(
    await receive(bob, b, (await seal(alice, { ...restored, epoch: again }, "restored")).message),
    "restored",
  );
});

Deno.test("GroupEpoch shows no secret when it is inspected or printed as JSON", async () => {
  const alice = await mlsMember("alice", "laptop");
  const { epoch } = await createGroup(alice, "direct:alice,alice", validity);
  const secret = encodeHex(epoch.parts.keySchedule.initSecret);
  for (const text of [Deno.inspect(epoch), JSON.stringify(epoch), String(nothing.length) + `${epoch}`]) {
    assert.ok(!text.includes(secret) && !/keySchedule/.test(text), text);
  }
});
