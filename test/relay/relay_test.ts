import assert from "node:assert/strict";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { dial } from "../../lib/transport/mod.ts";
import { openCa } from "../../lib/store/mod.ts";
import { fakeCommit, fakeWelcome, randomId } from "../support/mailbox_fixture.ts";
import {
  append,
  checkRelay,
  connectDevice,
  createGroup,
  issueDevice,
  pushedSeqs,
  startTestRelay,
  TestRelay,
} from "../support/relay_fixture.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("hello is the first request, and tells the client what it needs", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  const { hello, connection } = alice;
  assert.deepEqual([hello.version, hello.device, hello.keyPackages], [1, alice.device, 0]);
  assert.deepEqual(hello.authorities.map(encodeHex), [encodeHex(relay.admin.authority.certificate)]);
  assert.ok(hello.crl !== undefined && Math.abs(hello.time - Date.now()) < 5_000);
  const again = await connection.request("hello", { version: 1, agent: "test", crlNumber: 1 });
  assert.equal(again.crl, undefined);
  await assert.rejects(connection.request("hello", { version: 2, agent: "test" }), {
    code: "protocol-version",
  });

  const authority = relay.admin.authority;
  const identity = await issueDevice(authority, { user: "bob", device: "phone" });
  const silent = await dial({
    host: "127.0.0.1",
    port: relay.port,
    identity,
    checkServer: checkRelay(authority),
  });
  await assert.rejects(silent.request("watch", {}), { code: "hello-required" });
  // What is sent together with hello need not wait for its answer.
  const [first, second] = await Promise.all([
    silent.request("hello", { version: 1, agent: "test" }),
    silent.request("publish-key-packages", { packages: [bytes(1)] }),
  ]);
  assert.deepEqual([first.keyPackages, second.keyPackages], [1, 1]);
  await silent.close();
});

Deno.test("members append, everyone who watches gets it in order, and the rest by sync", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/phone");
  await using carol = await relay.device("carol/desk");
  await alice.connection.request("watch", {});
  await bob.connection.request("watch", {});
  const mailbox = await createGroup(alice, bob);
  const places = await Promise.all([1, 2, 3].map(() => append(alice, mailbox, 1)));
  assert.deepEqual(places.map(({ seq }) => seq), [2, 3, 4]);
  await alice.pushed((pushes) => pushedSeqs(pushes, mailbox).length === 4);
  assert.deepEqual(pushedSeqs(alice.pushes, mailbox), [1, 2, 3, 4]);
  await bob.pushed((pushes) => pushedSeqs(pushes, mailbox).length === 3);
  assert.deepEqual(pushedSeqs(bob.pushes, mailbox), [2, 3, 4]);
  assert.deepEqual(pushedSeqs(bob.pushes, "device:bob/phone"), [1]);
  // All three were sent in one turn, so they were one transaction and are one push.
  assert.equal(bob.pushes.length, 2);
  assert.deepEqual(carol.pushes, []);
  await assert.rejects(append(carol, mailbox, 1), { code: "not-a-member" });
  await assert.rejects(append(alice, mailbox, 7), { code: "epoch-stale" });

  const listed = await bob.connection.request("mailboxes", {});
  assert.deepEqual(listed, {
    mailboxes: [{ mailbox: "device:bob/phone", head: 1 }, { mailbox, head: 4 }],
    more: false,
  });
  const page = await bob.connection.request("sync", { mailbox, after: 2, limit: 10 });
  assert.deepEqual([page.entries.map(({ seq }) => seq), page.floor, page.head], [[3, 4], 2, 4]);
  assert.deepEqual(page.entries[0]?.from, alice.device);
  for (const { connection } of [alice, bob]) await connection.request("ack", { mailbox, seq: 4 });
  const empty = await bob.connection.request("sync", { mailbox, after: 0, limit: 10 });
  assert.deepEqual(empty, { entries: [], head: 4, floor: 5, acked: 4 });
});

Deno.test("a removed device gets the push of its removal and nothing later", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/phone");
  await using carol = await relay.device("carol/desk");
  for (const { connection } of [alice, bob, carol]) await connection.request("watch", {});
  const mailbox = await createGroup(alice, bob);
  await alice.connection.request("commit", {
    mailbox,
    id: randomId(),
    commit: fakeCommit(mailbox, 1),
    welcome: fakeWelcome(),
    add: [carol.device],
    remove: [bob.device],
  });
  await append(alice, mailbox, 2);
  await append(carol, mailbox, 2);
  await carol.pushed((pushes) => pushedSeqs(pushes, mailbox).includes(4));
  assert.deepEqual(pushedSeqs(carol.pushes, mailbox), [3, 4]);
  const synced = await bob.connection.request("sync", { mailbox, after: 0, limit: 10 });
  assert.deepEqual(synced.entries.map(({ seq }) => seq), [2]);
  assert.deepEqual(pushedSeqs(bob.pushes, mailbox), [2]);
});

Deno.test("key packages are handed out once each, and devices that have some are listed", async () => {
  await using relay = await TestRelay.start();
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/phone");
  const answer = await bob.connection.request("publish-key-packages", {
    packages: [bytes(1), bytes(2)],
    lastResort: bytes(9),
  });
  assert.equal(answer.keyPackages, 2);
  const take = async () => {
    const devices = [bob.device, bob.device, alice.device];
    const { packages } = await alice.connection.request("take-key-packages", { devices });
    return packages.map(({ device, keyPackage }) => [device.user, ...keyPackage]);
  };
  assert.deepEqual(await Promise.all([take(), take(), take()]), [[["bob", 1]], [["bob", 2]], [["bob", 9]]]);
  const list = (users?: string[]) =>
    alice.connection.request("devices", users === undefined ? {} : { users });
  assert.deepEqual((await list()).devices, [{ user: "bob", device: "phone", online: true }]);
  await bob.connection.close();
  await relay.device("bob/other").then(({ connection }) => connection.close());
  const deadline = performance.now() + 5_000;
  while ((await list(["bob"])).devices[0]?.online && performance.now() < deadline);
  assert.deepEqual((await list(["bob"])).devices, [{ user: "bob", device: "phone", online: false }]);
  assert.deepEqual((await list(["carol"])).devices, []);
});

Deno.test("a device is bounded in requests and in connections", async () => {
  await using relay = await TestRelay.start({
    requestBurst: 3,
    requestsPerSecond: 0.001,
    maxConnectionsPerDevice: 1,
  });
  const identity = await issueDevice(relay.admin.authority, { user: "alice", device: "laptop" });
  const connect = () =>
    connectDevice(relay.admin.authority, relay.port, { user: "alice", device: "laptop" }, identity);
  await using alice = await connect();
  await assert.rejects(connect(), { code: "too-many-connections" });
  for (let i = 0; i < 2; i++) await alice.connection.request("watch", {});
  await assert.rejects(alice.connection.request("watch", {}), { code: "rate-limited" });
});

Deno.test("close() answers what is under way, says why, and leaves everything on disk", async () => {
  await using first = await TestRelay.start();
  const alice = await first.device("alice/laptop");
  const mailbox = await createGroup(alice);
  const pending = append(alice, mailbox, 1);
  await alice.connection.request("watch", {});
  await first.relay.close();
  assert.equal((await pending).seq, 2);
  assert.equal((await alice.connection.closed)?.code, "relay-stopping");
  assert.throws(() => Deno.statSync(`${first.folder}/relay/mailboxes.db-wal`), Deno.errors.NotFound);
});

Deno.test("startRelay() keeps its certificate until names or authority change, and its folder to itself", async () => {
  await using first = await TestRelay.start();
  const shown = async (port: number, authority = first.admin.authority) => {
    const connection = await dial({ host: "127.0.0.1", port, checkServer: checkRelay(authority) });
    await connection.close();
    return connection.peer?.fingerprint;
  };
  const before = await shown(first.port);
  await assert.rejects(startTestRelay(first.folder, first.ca), { code: "relay-locked" });
  await first.relay.close();
  using ca = openCa(`${first.folder}/ca`);
  const again = async (names: string[], clock = () => new Date()) => {
    const relay = await startTestRelay(first.folder, ca, { names, clock });
    const fingerprint = await shown(relay.address.port);
    await relay.close();
    return fingerprint;
  };
  assert.equal(await again(["127.0.0.1", "localhost"]), before);
  const renamed = await again(["127.0.0.1", "relay.example.org"]);
  assert.notEqual(renamed, before);
  ca.authority.revoke({ serial: ca.authority.list().at(-1)!.serial });
  assert.notEqual(await again(["127.0.0.1", "relay.example.org"]), renamed);
  await Deno.writeTextFile(`${first.folder}/relay/server.pem`, "damaged");
  assert.notEqual(await again(["127.0.0.1"]), undefined);
});

Deno.test("startRelay() that fails leaves nothing open, and does not say that a relay stopped", async () => {
  await using first = await TestRelay.start();
  const { folder, ca } = first, lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const taken = startTestRelay(`${folder}/second`, ca, {
    log: { info: note, error: note },
    port: first.port,
  });
  await assert.rejects(taken, { code: "listen-failed" });
  assert.deepEqual(lines, []);
  // Again in the same folder: it is free.
  Deno.removeSync(`${folder}/second/relay/blobs.db`);
  Deno.mkdirSync(`${folder}/second/relay/blobs.db`);
  await assert.rejects(startTestRelay(`${folder}/second`, ca), { kind: "storage" });
  // The last to close a database removes its log.
  assert.throws(() => Deno.statSync(`${folder}/second/relay/mailboxes.db-wal`), Deno.errors.NotFound);
});

Deno.test("a client that reads too slowly misses no entry without being told", async () => {
  await using relay = await TestRelay.start({
    connections: { highWaterBytes: 128 * 1024, lowWaterBytes: 16 * 1024 },
  });
  await using alice = await relay.device("alice/laptop");
  await using bob = await relay.device("bob/phone");
  const mailbox = await createGroup(alice, bob);
  // While its listener is at work, the client's end stops reading.
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const seen: (number | "lagged")[] = [];
  let lagged = () => {};
  const told = new Promise<void>((resolve) => lagged = resolve);
  bob.connection.onPush(async (push) => {
    if (push.push === "lagged") {
      seen.push("lagged");
      lagged();
    } else if (push.push === "entries" && push.mailbox === mailbox) {
      seen.push(...push.entries.map(({ seq }) => seq));
      await held;
    }
  });
  await bob.connection.request("watch", {});
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 10 }, () => append(alice, mailbox, 1, 60_000)));
  }
  release();
  await told;
  const before = seen.slice(0, seen.indexOf("lagged")) as number[];
  assert.deepEqual(before, before.map((_, index) => index + 2));
  const { head } = await bob.connection.request("sync", { mailbox, after: before.length + 1, limit: 1 });
  assert.equal(head, 401);
  assert.ok(before.length < 400);
});
