import assert from "node:assert/strict";
import { parley, parleyJson, parseLines, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

async function statusOf(stage: Stage, user: string, id: unknown): Promise<Record<string, unknown>> {
  const [status] = await parleyJson(["status", String(id)], stage.home(user));
  return status!;
}

Deno.test("send --wait delivered exits with 6 while the other is away, and the message is delivered all the same", async () => {
  await using stage = await Stage.open("alice", "bob");
  const args = ["send", "bob", "x", "--wait", "delivered", "--timeout", "1s", "--json"];
  const { code, stdout, stderr } = await parley(args, stage.home("alice"));
  assert.equal(code, 6, stderr);
  const [sent] = parseLines(stdout);
  assert.equal(sent!.status, "relayed");
  assert.match(stderr, /"code":"timeout"/);
  assert.deepEqual((await stage.inbox("bob")).map((one) => one.text), ["x"]);
  assert.equal((await statusOf(stage, "alice", sent!.id)).status, "read");
});

Deno.test("send --wait ends as soon as the message is as far: delivered by who receives, read by who shows", async () => {
  await using stage = await Stage.open("alice", "bob");
  await using bob = new Running(["connect", "alice", "--json"], stage.home("bob"));
  await using follower = new Running(["inbox", "--follow", "--json"], stage.home("alice"));
  for (const level of ["delivered", "read"]) {
    const args = ["send", "bob", level, "--wait", level, "--timeout", "20s"];
    const [sent] = await parleyJson(args, stage.home("alice"));
    assert.equal(sent!.status, "read");
  }
  await bob.count(2);
  follower.kill("SIGTERM");
});
