import assert from "node:assert/strict";
import { inFolder } from "../support/in_folder.ts";
import { parley, parleyJson, Running } from "../support/parley.ts";

Deno.test("serve with nothing set up makes an authority, listens, says how to invite, and stops on a signal", async () => {
  await inFolder(async (home) => {
    await using relay = new Running(["serve", "--listen", "127.0.0.1:0"], home);
    const line = await relay.line((line) => line.startsWith("listening on "));
    const address = line.slice("listening on ".length);
    assert.match(address, /^127\.0\.0\.1:[1-9][0-9]*$/);

    const second = await parley(["serve", "--listen", "127.0.0.1:0", "--json"], home);
    assert.equal(second.code, 5);
    assert.match(second.stderr, /"code":"relay-locked"/);

    const [invite] = await parleyJson(["ca", "invite", "--relay", address, "alice"], home);
    const enrolled = await parley(
      ["enroll", String(invite!.invite), "--device", "x", "--no-passphrase"],
      home,
    );
    assert.equal(enrolled.code, 0, enrolled.stderr);

    relay.kill("SIGINT");
    const { code, stdout, stderr } = await relay.ended();
    assert.equal(code, 0);
    assert.equal(stdout, `${line}\n`);
    assert.match(stderr, /made a certificate authority in /);
    assert.ok(
      stderr.includes(`invite someone with: parley ca invite --dir ${home}/ca --relay ${address} USER`),
    );
    assert.match(stderr, /info connected: nobody from 127\.0\.0\.1/);
    assert.match(stderr, /info enrolled alice\/x/);
    assert.ok(!stderr.includes(new URL(String(invite!.invite)).searchParams.get("t")!));
  });
});

Deno.test("serve refuses an authority that is not there, an address that is none, and a port that is taken", async () => {
  await inFolder(async (home) => {
    const missing = await parley(["serve", "--ca", `${home}/nowhere`], home);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /does not hold a certificate authority/);
    assert.equal((await parley(["serve", "--listen", "nonsense"], home)).code, 2);

    await using relay = new Running(["serve", "--listen", "127.0.0.1:0", "--json"], home);
    const { port } = JSON.parse(await relay.line((line) => line.includes('"type":"listening"')));
    const other = ["serve", "--listen", `127.0.0.1:${port}`, "--data", `${home}/other`, "--json"];
    const taken = await parley(other, home);
    assert.equal(taken.code, 5);
    assert.match(taken.stderr, /"code":"listen-failed"/);
  });
});
