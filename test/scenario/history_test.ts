import assert from "node:assert/strict";
import { parley, parleyJson, parseLines } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

Deno.test("history shows, limits and searches what was said", async () => {
  await using stage = await Stage.open("alice", "bob");
  for (const text of ["Hello there", "something else", "say HELLO again"]) {
    await stage.send("alice", "bob", text);
  }
  await stage.inbox("bob");
  const texts = async (...args: string[]) =>
    (await parleyJson(["history", "alice", ...args], stage.home("bob"))).map((line) => line.text);
  assert.deepEqual(await texts("--search", "hel"), ["Hello there", "say HELLO again"]);
  assert.deepEqual(await texts("--search", "hel", "--limit", "1"), ["say HELLO again"]);
  assert.deepEqual(await texts("--limit", "2"), ["something else", "say HELLO again"]);
  assert.deepEqual(await texts("--since", "1h"), ["Hello there", "something else", "say HELLO again"]);
  assert.deepEqual(await texts("--since", "2099-01-01"), []);
  const { stdout } = await parley(["history", "alice", "--limit", "1"], stage.home("bob"));
  assert.match(stdout, /^[0-9a-f]{8} \d{4}-\d\d-\d\d \d\d:\d\d alice\/one: say HELLO again\n$/);
  const usage = await parleyJson(["history", "--usage"], stage.home("bob"));
  assert.ok(usage.some((one) => one.conversation === "direct:alice,bob" && Number(one.lines) >= 3));
  assert.equal((await parley(["history"], stage.home("bob"))).code, 2);
});

Deno.test("export writes JSON Lines and a page that no text can break out of", async () => {
  await using stage = await Stage.open("alice", "bob");
  const hostile = `<script>alert(1)</script> & "quoted" 'single' \u202e\u001b[2J`;
  await stage.send("alice", "bob", hostile);
  const { stdout } = await parley(["export", "bob"], stage.home("alice"));
  const [head, line] = parseLines(stdout);
  assert.deepEqual([head!.type, head!.version, head!.conversation], ["export", 1, "direct:alice,bob"]);
  assert.equal(line!.text, hostile);
  for (const raw of ["\u202e", "\u001b"]) assert.equal(stdout.includes(raw), false);

  const file = `${stage.folder}/bob.html`;
  await stage.run("export", "bob", "--format", "html", "--out", file, "--home", stage.home("alice"));
  const page = await Deno.readTextFile(file);
  assert.match(
    page,
    /&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp; &quot;quoted&quot; &#39;single&#39; &lt;U\+202E&gt;␛\[2J/,
  );
  assert.match(page, /default-src 'none'/);
  assert.match(page, /prefers-color-scheme: dark/);
  assert.equal(/<script|src=|href="(?!#)|url\(/.test(page), false);
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  const again = await parley(["export", "bob", "--out", file], stage.home("alice"));
  assert.equal(again.code, 2);
  assert.match(again.stderr, /exists/);
});
