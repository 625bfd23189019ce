import assert from "node:assert/strict";
import { parleyJson } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

/** All the bytes under a folder, file by file. */
async function* filesUnder(folder: string): AsyncGenerator<[string, Uint8Array]> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesUnder(path);
    else yield [path, await Deno.readFile(path)];
  }
}

function contains(bytes: Uint8Array, text: string): boolean {
  return new TextDecoder("latin1").decode(bytes).includes(text);
}

Deno.test("what is said stands neither in the relay's folder nor in its log, nor in the clear in a client's", async () => {
  await using stage = await Stage.open("alice", "bob");
  const marker = `marker-${crypto.randomUUID()}`;
  await stage.send("alice", "bob", marker);
  await stage.send("bob", "alice", marker);
  const whileRunning = await Array.fromAsync(filesUnder(stage.data));
  const log = await stage.stopRelay();
  const afterwards = await Array.fromAsync(filesUnder(stage.data));
  assert.ok(whileRunning.some(([path]) => path.endsWith(".db")), "the relay has a database");
  for (const [path, bytes] of [...whileRunning, ...afterwards]) assert.ok(!contains(bytes, marker), path);
  assert.ok(!log.includes(marker), "the log");
  for (const user of ["alice", "bob"]) {
    for await (const [path, bytes] of filesUnder(stage.home(user))) assert.ok(!contains(bytes, marker), path);
  }
});

Deno.test("names of groups, files and devices, captions and what is searched stand in no folder and no log in the clear", async () => {
  await using stage = await Stage.open("alice", "bob");
  const marker = `marker-${crypto.randomUUID()}`;
  const file = `${stage.folder}/sent-${marker}.txt`;
  await Deno.writeTextFile(file, `content ${marker}`);
  const as = async (user: string, ...args: string[]) => await parleyJson(args, stage.home(user));
  await as("alice", "group", "create", `g ${marker}`, "bob");
  const sending = ["send", "--group", `g ${marker}`];
  await as("alice", ...sending, "--file", file, "--caption", `caption ${marker}`, "--expires", "1h");
  const [sent] = await as("alice", ...sending, `said ${marker}`);
  await as("alice", ...sending, "--react", String(sent!.id).slice(0, 8), marker.slice(0, 20));
  await as("alice", "devices", "rename", "one", `label ${marker}`.slice(0, 60));
  await as("bob", "inbox");
  const found = await as("bob", "history", "--group", `g ${marker}`, "--search", marker);
  assert.ok(found.length >= 1);
  const log = await stage.stopRelay();
  assert.ok(!log.includes(marker.slice(0, 20)), "the log");
  for (const folder of [stage.data, stage.home("alice"), stage.home("bob")]) {
    for await (const [path, bytes] of filesUnder(folder)) {
      assert.ok(!path.includes(marker) && !contains(bytes, marker.slice(0, 20)), path);
    }
  }
});

Deno.test("private files are readable by their owner only", async () => {
  await using stage = await Stage.open("alice");
  for (const folder of [stage.data, stage.home("alice"), stage.ca]) {
    for await (const [path] of filesUnder(folder)) {
      const mode = (await Deno.stat(path)).mode! & 0o777;
      if (/\.(key|db|db-wal|db-shm)$/.test(path)) assert.equal(mode, 0o600, path);
    }
  }
});
