import assert from "node:assert/strict";
import { run } from "../../main.ts";
import { FakeIo } from "../support/fake_io.ts";
import { scanQrCode } from "../support/scan_qr_code.ts";
import { World } from "../support/world.ts";

const ROWS_OF_DIGITS = 3;

/** Runs a command as alice at a terminal. */
async function atTerminal(world: World, answer: string, ...args: string[]) {
  const io = new FakeIo({ terminal: true, env: { PARLEY_HOME: world.home, NO_COLOR: "1" }, stdin: answer });
  const code = await run([...args, "--as", "alice/laptop"], io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

Deno.test("parley verify shows a person digits, drawing and devices, and takes their yes and nothing else", async () => {
  await using world = await World.open();
  await world.enrol("alice/laptop");
  const bob = await world.client(await world.enrol("bob/desk"));
  await bob.connect();
  const { safetyNumber } = await bob.people.verification("alice");
  await world.close(bob);

  const refused = await atTerminal(world, "no\n", "verify", "bob");
  const lines = refused.stdout.split("\n");
  assert.equal(lines.slice(0, ROWS_OF_DIGITS).join("").replace(/\s/g, ""), safetyNumber);
  const drawing = lines.filter((line) => /[▀▄█]/.test(line)).join("\n");
  assert.equal(scanQrCode(drawing), safetyNumber);
  assert.match(refused.stdout, /^alice\/laptop +SHA256:.*\nbob\/desk +SHA256:/m);
  // Who is asked at once need not be told how to answer later.
  assert.match(refused.stdout, /\n\nbob is not verified\n$/);
  assert.match(refused.stderr, /the same on the other side\? .*: parley: bob is not verified\n$/);
  for (const answer of ["yep\n", "", "\n"]) {
    assert.match((await atTerminal(world, answer, "verify", "bob")).stderr, /bob is not verified\n$/);
  }
  const shown = await atTerminal(world, "", "verify", "bob", "--forget");
  assert.match(shown.stdout, /bob is not verified: .* parley verify bob --confirm\n$/);

  const agreed = await atTerminal(world, "y\n", "verify", "bob");
  assert.match(agreed.stdout, /bob is verified\n$/);
  await atTerminal(world, "", "verify", "bob", "--forget");
  assert.match((await atTerminal(world, "Yes\n", "verify", "bob")).stdout, /bob is verified\n$/);
  const again = await atTerminal(world, "", "verify", "bob");
  assert.match(again.stdout, /bob is verified\n$/);
  assert.equal(again.stderr, "");
  const users = await atTerminal(world, "", "users");
  assert.match(users.stdout, /^bob +offline +verified +desk \(offline\)$/m);
  assert.match(users.stdout, /^alice +.* you +laptop/m);
  assert.equal((await atTerminal(world, "", "verify", "bob", "--json", "--qr")).code, 2);
});

Deno.test("parley devices link draws the invite for a person, and list says which device is this one", async () => {
  await using world = await World.open();
  await world.enrol("alice/laptop");
  const linked = await atTerminal(world, "", "devices", "link", "--device", "phone", "--expires", "10m");
  const [invite = "", ...drawing] = linked.stdout.split("\n");
  assert.match(invite, /^parley:\/\/127\.0\.0\.1:[0-9]+\/alice\/phone\?ca=/);
  assert.equal(scanQrCode(drawing.join("\n")), invite);
  assert.match(linked.stderr, /for phone, until /);
  const renamed = await atTerminal(world, "", "devices", "rename", "laptop", "at\u{1f4bb} work");
  assert.equal(renamed.stdout, "laptop is called at\u{1f4bb} work\n");
  const listed = await atTerminal(world, "", "devices", "list");
  assert.match(listed.stdout, /^laptop \(at\u{1f4bb} work\) +this device +until [0-9-]{10} +SHA256:\S+\n$/u);
  assert.equal((await atTerminal(world, "", "devices", "rename", "laptop", "a\u0007b")).code, 2);
});
