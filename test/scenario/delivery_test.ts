import assert from "node:assert/strict";
import { parley, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

Deno.test("a message to someone who is offline is delivered once, when they come", async () => {
  await using stage = await Stage.open("alice", "bob");
  const sent = await stage.send("alice", "bob", "hello");
  assert.equal(sent.status, "relayed");
  const [received, ...more] = await stage.inbox("bob");
  assert.deepEqual(more, []);
  const { time, ...rest } = received!;
  assert.deepEqual(rest, {
    type: "message",
    from: "alice",
    device: "one",
    conversation: "direct:alice,bob",
    id: sent.id,
    text: "hello",
  });
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000, String(time));
  assert.deepEqual(await stage.inbox("bob"), []);
  await stage.send("bob", "alice", "hello yourself");
  assert.deepEqual((await stage.inbox("alice")).map((one) => one.text), ["hello yourself"]);
});

Deno.test("two who are online see each other's lines as they are sent", async () => {
  await using stage = await Stage.open("alice", "bob");
  await using alice = new Running(["connect", "bob"], stage.home("alice"));
  await using bob = new Running(["connect", "alice", "--json"], stage.home("bob"));
  await alice.type("one");
  await bob.line((line) => line.includes('"one"'));
  await bob.type("two");
  await alice.line((line) => line.includes("two"));
  await alice.type("/list");
  await alice.line((line) => /bob.*online/.test(line));
  await alice.type("/quit");
  assert.equal((await alice.ended()).code, 0);
  await bob.endInput();
  assert.equal((await bob.ended()).code, 0);
});

Deno.test("all devices of both users receive, also one that is enrolled later", async () => {
  await using stage = await Stage.open("alice", "bob");
  await stage.enrol("bob", "two");
  await stage.send("alice", "bob", "to both");
  await stage.enrol("bob", "three");
  await stage.send("alice", "bob", "to all three");
  const texts = async (home: string) => (await stage.inbox(home)).map((one) => one.text);
  assert.deepEqual(await texts("bob"), ["to both", "to all three"]);
  assert.deepEqual(await texts("bob-two"), ["to both", "to all three"]);
  assert.deepEqual(await texts("bob-three"), ["to all three"]);
});

Deno.test("two users who write to each other first at the same time end in one conversation", async () => {
  await using stage = await Stage.open("alice", "bob");
  await Promise.all([stage.send("alice", "bob", "from alice"), stage.send("bob", "alice", "from bob")]);
  await stage.send("alice", "bob", "and again");
  assert.deepEqual((await stage.inbox("bob")).map((one) => one.text), ["from alice", "and again"]);
  assert.deepEqual((await stage.inbox("alice")).map((one) => one.text), ["from bob"]);
});

Deno.test("ten sends at once neither fail nor lose nor repeat anything", async () => {
  await using stage = await Stage.open("alice", "bob");
  const texts = Array.from({ length: 10 }, (_, i) => `parallel ${i}`);
  const sent = await Promise.all(texts.map((text) => stage.send("alice", "bob", text)));
  assert.equal(new Set(sent.map((one) => one.id)).size, 10);
  const received = await stage.inbox("bob");
  assert.deepEqual(received.map((one) => one.type), Array(10).fill("message"));
  assert.deepEqual(received.map((one) => one.text).sort(), texts);
});

Deno.test("sends at once that also have to add a device use no key twice", async () => {
  await using stage = await Stage.open("alice", "bob");
  await stage.send("alice", "bob", "first");
  for (const device of ["two", "three"]) {
    await stage.enrol("bob", device);
    await Promise.all([1, 2, 3, 4, 5].map((n) => stage.send("alice", "bob", `${device} ${n}`)));
  }
  const received = await stage.inbox("bob");
  assert.deepEqual(new Set(received.map((one) => one.type)), new Set(["message"]));
  assert.equal(new Set(received.map((one) => one.text)).size, 11);
  for (const [home, least] of [["bob-two", 5], ["bob-three", 5]] as const) {
    const there = await stage.inbox(home);
    assert.deepEqual(new Set(there.map((one) => one.type)), new Set(["message"]), home);
    assert.ok(there.length >= least, `${home} got ${there.length}`);
  }
});

// Cause: a chat showed a hundred lines each time that something arrived, and left the rest for the next time.
Deno.test("connect shows everything that waits, however much it is", async () => {
  await using stage = await Stage.open("alice", "bob");
  const texts = Array.from({ length: 450 }, (_, i) => `waiting ${i}`);
  const { code, stderr } = await parley(["connect", "bob"], stage.home("alice"), texts.join("\n"));
  assert.equal(code, 0, stderr);
  await using bob = new Running(["connect", "alice", "--json"], stage.home("bob"));
  await bob.count(texts.length);
  assert.deepEqual(bob.lines.map((line) => JSON.parse(line).text), texts);
});

// Cause: a command that came through the pipe before the relay was reached failed, and with it what was typed before.
Deno.test("connect through a pipe waits for the connection where a line asks the relay", async () => {
  await using stage = await Stage.open("alice", "bob");
  const { code, stdout, stderr } = await parley(
    ["connect", "alice"],
    stage.home("bob"),
    "from a pipe\n/list",
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout + stderr, /alice/);
  assert.deepEqual((await stage.inbox("alice")).map((one) => one.text), ["from a pipe"]);
});
