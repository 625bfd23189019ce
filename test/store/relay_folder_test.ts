import assert from "node:assert/strict";
import { RelayFolder } from "../../lib/store/mod.ts";

Deno.test("RelayFolder.open() lets one relay in at a time and names it", async () => {
  const parent = await Deno.makeTempDir({ prefix: "parley-folder-" });
  const path = `${parent}/relay`;
  const folder = RelayFolder.open(path);
  assert.throws(() => RelayFolder.open(path), {
    code: "relay-locked",
    message: `another relay uses the folder (process ${Deno.pid})`,
  });
  assert.equal(folder.readIdentity(), undefined);
  folder.writeIdentity("first");
  folder.writeIdentity("second");
  assert.equal(folder.readIdentity(), "second");
  if (Deno.build.os !== "windows") {
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o700);
    assert.equal(Deno.statSync(`${path}/server.pem`).mode! & 0o777, 0o600);
  }
  folder.close();
  RelayFolder.open(path).close();
  assert.throws(() => RelayFolder.open(`${path}/server.pem`), { code: "storage-unwritable" });
  await Deno.remove(parent, { recursive: true });
});
