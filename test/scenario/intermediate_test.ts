import assert from "node:assert/strict";
import { parley } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

Deno.test("a relay enrols, serves and revokes under an issuing authority whose root is elsewhere", async () => {
  await using stage = await Stage.open();
  await stage.stopRelay();
  await Deno.remove(stage.ca, { recursive: true });
  const name = ["--name", "Stage CA", "--intermediate", "--no-passphrase"];
  await stage.run("ca", "init", "--dir", stage.ca, ...name);
  const root = `${stage.folder}/root`;
  await Deno.rename(`${stage.ca}/root`, root);
  await stage.startRelay();
  await Promise.all(["alice", "bob"].map((user) => stage.enrol(user)));

  const chain = await Deno.readTextFile(`${stage.home("alice")}/identities/alice/one/device.crt`);
  assert.equal(
    chain.split("BEGIN CERTIFICATE").length - 1,
    2,
    "the device shows what lies between it and the root",
  );
  await stage.send("alice", "bob", "hello");
  const [message] = await stage.inbox("bob");
  assert.equal(message?.text, "hello");

  await stage.run("ca", "revoke", "--dir", stage.ca, "bob/one");
  const refused = await parley(["inbox", "--json"], stage.home("bob"));
  assert.deepEqual([refused.code, refused.stderr.includes("cert-revoked")], [4, true]);
  const device = `${stage.home("bob")}/identities/bob/one/device.crt`;
  const verified = await parley(["ca", "verify", device, "--dir", stage.ca], stage.folder);
  assert.deepEqual([verified.code, verified.stderr.includes("revocation")], [4, true]);
  const other = `${stage.home("alice")}/identities/alice/one/device.crt`;
  await stage.run("ca", "verify", other, "--root", `${root}/ca.crt`, "--name", "alice/one");
});
