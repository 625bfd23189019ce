import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { parley, parleyJson, parseLines, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";
import { storedBlobs } from "../support/stored_blobs.ts";
import { BLOB_CHECKSUM_BYTES, encodeBlobRecord } from "../../lib/wire/mod.ts";

/** Bytes that no packing makes smaller. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** Names below a folder, with what the files hold. */
function tree(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(join(folder, below))) {
    const path = join(below, name);
    if (isDirectory) Object.assign(found, tree(folder, path));
    else found[path] = Deno.readTextFileSync(join(folder, path));
  }
  return found;
}

/** In this order on one stage: the last one leaves things at the relay. */
const steps: Record<string, (stage: Stage) => Promise<void>> = {
  "a file reaches a recipient who is offline, under a name of its own": reachesOffline,
  "standard input, a folder and several files with a caption arrive as what they are": keepsKinds,
  "in a group a file is uploaded once, and deleted when the last member has it": uploadsOnceForAGroup,
  "files get, list and rm name files by their ids": namesFilesByIds,
  "Ctrl-C leaves a sending that says how to go on, and goes on": goesOnAfterCtrlC,
  "what a relay has damaged, cut or exchanged is refused, and nothing of it is left": refusesWhatIsDamaged,
};

Deno.test("files between real processes", async (t) => {
  await using stage = await Stage.open("alice", "bob", "carol");
  for (const [name, step] of Object.entries(steps)) await t.step(name, () => step(stage));
});

async function reachesOffline(stage: Stage): Promise<void> {
  const content = noise(700_000);
  await Deno.writeFile(`${stage.folder}/plan.pdf`, content);
  const [sent] = await parleyJson(["send", "bob", "--file", `${stage.folder}/plan.pdf`], stage.home("alice"));
  assert.equal(sent!.status, "relayed");
  const [listed] = await stage.inbox("bob");
  const { type: kind, name: title, size: bytes, state } = listed!;
  assert.deepEqual([kind, title, bytes, state], ["file", "plan.pdf", 700_000, "available"]);
  const dir = `${stage.folder}/in-0`;
  await Deno.mkdir(dir);
  await Deno.writeTextFile(`${dir}/plan.pdf`, "bob's own");
  const [saved, ...others] = await parleyJson(["inbox", "--save", dir], stage.home("bob"));
  assert.deepEqual(others, []);
  const { type, from, name, size, path } = saved!;
  assert.deepEqual({ type, from, name, size, path }, {
    ...{ type: "file", from: "alice", name: "plan.pdf", size: 700_000 },
    path: `${await Deno.realPath(dir)}/plan (2).pdf`,
  });
  assert.deepEqual(await Deno.readFile(String(path)), content);
  assert.equal((await Deno.stat(String(path))).mode! & 0o777, 0o600);
  assert.equal(await Deno.readTextFile(`${dir}/plan.pdf`), "bob's own");
  assert.deepEqual([...Deno.readDirSync(dir)].map((one) => one.name).sort(), ["plan (2).pdf", "plan.pdf"]);
  assert.deepEqual(await parleyJson(["inbox", "--save", dir], stage.home("bob")), []);
  assert.deepEqual(storedBlobs(stage.data), [], "the relay has deleted what everybody has");
}

async function keepsKinds(stage: Stage): Promise<void> {
  const home = stage.home("alice");
  const folder = `${stage.folder}/photos`;
  await Deno.mkdir(`${folder}/2026`, { recursive: true });
  await Deno.writeTextFile(`${folder}/2026/one.jpg`, "one");
  await Deno.writeTextFile(`${folder}/.hidden`, "two");
  await Deno.writeTextFile(`${stage.folder}/-notes.txt`, "three");
  const piped = await parley(
    ["send", "bob", "--file", "-", "--name", "dump.sql", "--json"],
    home,
    "select 1;",
  );
  assert.equal(piped.code, 0, piped.stderr);
  await parleyJson([
    "send",
    "bob",
    `--file=${folder}`,
    `--file=${stage.folder}/-notes.txt`,
    "--caption",
    "as promised",
  ], home);
  const dir = `${stage.folder}/in-1`;
  const lines = await parleyJson(["inbox", "--save", dir], stage.home("bob"));
  assert.deepEqual(lines.map(({ type, text, name, folder }) => [type, text ?? name, folder ?? false]), [
    ["message", "as promised", false],
    ["file", "dump.sql", false],
    ["file", "photos", true],
    ["file", "-notes.txt", false],
  ]);
  assert.deepEqual(tree(dir), {
    ...{
      "dump.sql": "select 1;\n",
      "photos/2026/one.jpg": "one",
      "photos/.hidden": "two",
      "_notes.txt": "three",
    },
  });
}

async function uploadsOnceForAGroup(stage: Stage): Promise<void> {
  await parleyJson(["group", "create", "team", "bob", "carol"], stage.home("alice"));
  await Deno.writeFile(`${stage.folder}/film.mkv`, noise(1_000_000));
  await parleyJson(["send", "--group", "team", "--file", `${stage.folder}/film.mkv`], stage.home("alice"));
  const stored = storedBlobs(stage.data);
  const total = stored.reduce((sum, path) => sum + Deno.statSync(path).size, 0);
  assert.equal(stored.length, 1);
  assert.ok(total >= 1_000_000 && total < 1_150_000, `${total} bytes`);
  for (const user of ["bob", "carol"]) {
    assert.equal(storedBlobs(stage.data).length, 1);
    const [saved] = await parleyJson(["inbox", "--save", `${stage.folder}/${user}`], stage.home(user));
    assert.deepEqual(
      await Deno.readFile(String(saved!.path)),
      await Deno.readFile(`${stage.folder}/film.mkv`),
    );
  }
  assert.deepEqual(storedBlobs(stage.data), []);
}

async function namesFilesByIds(stage: Stage): Promise<void> {
  const home = stage.home("bob");
  for (const name of ["a", "b"]) await Deno.writeTextFile(`${stage.folder}/${name}`, name);
  await parleyJson(
    ["send", "bob", `--file=${stage.folder}/a`, `--file=${stage.folder}/b`],
    stage.home("alice"),
  );
  const [a, b] = await stage.inbox("bob");
  assert.deepEqual([a!.name, a!.verification], ["a", "unverified"]);
  const get = await parley(
    ["files", "get", String(a!.id).slice(0, 8), "--save", `${stage.folder}/in-3`],
    home,
  );
  assert.equal(get.code, 0, get.stderr);
  assert.match(get.stdout, /alice\/one \(unverified\): file a \(1 bytes\), saved as .*\/in-3\/a\n$/);
  const removed = await parleyJson(["files", "rm", String(b!.id)], home);
  assert.deepEqual(removed.map(({ name, state }) => [name, state]), [["b", "removed"]]);
  const listed = (await parleyJson(["files", "list"], home)).slice(-2);
  assert.deepEqual(listed.map(({ name, state }) => [name, state]), [["a", "saved"], ["b", "removed"]]);
  assert.deepEqual(storedBlobs(stage.data), []);
  const gone = await parley(
    ["files", "get", String(b!.id), "--save", `${stage.folder}/in-3`, "--json"],
    home,
  );
  assert.equal(gone.code, 3);
  assert.equal(parseLines(gone.stdout)[0]!.code, "blob-unknown");
  assert.deepEqual(tree(`${stage.folder}/in-3`), { a: "a" });
}

async function goesOnAfterCtrlC(stage: Stage): Promise<void> {
  const home = stage.home("alice");
  await parleyJson(["send", "bob", "first"], home);
  const content = noise(30_000_000);
  await Deno.writeFile(`${stage.folder}/big`, content);
  await using sending = new Running(["send", "bob", "--file", `${stage.folder}/big`], home);
  await firstBlob(stage);
  sending.kill("SIGINT");
  const { code, stderr } = await sending.ended();
  assert.equal(code, 130);
  assert.match(stderr, /stopped: 'parley files resume' goes on with it/);
  const pending = (await parleyJson(["files", "list"], home)).at(-1);
  assert.deepEqual([pending!.type, pending!.state], ["pending", "interrupted"]);
  const told = await parley(["send", "bob", "second"], home);
  assert.match(told.stderr, /not sent yet: big; 'parley files resume [0-9a-f]{8}' goes on/);
  const [sent] = await parleyJson(["files", "resume"], home);
  assert.deepEqual([sent!.type, sent!.to, sent!.status], ["sent", "bob", "relayed"]);
  const lines = await parleyJson(["inbox", "--save", `${stage.folder}/in-4`], stage.home("bob"));
  assert.deepEqual(lines.map(({ text, name }) => text ?? name), ["first", "second", "big"]);
  assert.deepEqual(await Deno.readFile(`${stage.folder}/in-4/big`), content);
}

/** Waits until the relay has the beginning of a file. */
async function firstBlob(stage: Stage): Promise<void> {
  const blobs = `${stage.data}/blobs`;
  await Deno.mkdir(blobs, { recursive: true });
  using watcher = Deno.watchFs(blobs);
  for await (const _event of watcher) {
    if (storedBlobs(stage.data).some((path) => Deno.statSync(path).size > 0)) return;
  }
}

async function refusesWhatIsDamaged(stage: Stage): Promise<void> {
  const dir = `${stage.folder}/in-5`;
  await Deno.mkdir(dir);
  const sendOne = async (name: string): Promise<string> => {
    const before = new Set(storedBlobs(stage.data));
    await Deno.writeFile(`${stage.folder}/${name}`, noise(100_000));
    await parleyJson(["send", "bob", "--file", `${stage.folder}/${name}`], stage.home("alice"));
    return storedBlobs(stage.data).find((path) => !before.has(path))!;
  };
  const flipped = await sendOne("flipped");
  const payload = (await Deno.readFile(flipped)).subarray(BLOB_CHECKSUM_BYTES);
  payload[5_000]! ^= 1;
  await Deno.writeFile(flipped, encodeBlobRecord(payload));
  const rotten = await sendOne("rotten");
  const bytes = await Deno.readFile(rotten);
  bytes[5_000]! ^= 1;
  await Deno.writeFile(rotten, bytes);
  const cut = await sendOne("cut");
  await Deno.truncate(cut, (await Deno.stat(cut)).size - 1_000);
  const old = await sendOne("old"), exchanged = await sendOne("exchanged");
  await Deno.copyFile(old, exchanged);
  const { code, stdout } = await parley(["inbox", "--save", dir, "--json"], stage.home("bob"));
  assert.equal(code, 4);
  const outcomes = parseLines(stdout).map(({ type, name, code }) => [type, name, code]);
  assert.deepEqual(outcomes, [
    ["file-failed", "flipped", "file-refused"],
    ["file-failed", "rotten", "blob-damaged"],
    ["file-failed", "cut", "blob-damaged"],
    ["file", "old", undefined],
    ["file-failed", "exchanged", "file-refused"],
  ]);
  const left = [...Deno.readDirSync(dir)].map(({ name }) => name);
  assert.deepEqual(left.filter((name) => !name.startsWith(".parley-")), ["old"]);
  for (const name of left.filter((name) => name.startsWith(".parley-"))) {
    assert.equal((await Deno.stat(join(dir, name))).size, 0, "of what the relay has lost nothing came");
  }
  assert.equal(dirname(String(parseLines(stdout)[3]!.path)), await Deno.realPath(dir));
}
