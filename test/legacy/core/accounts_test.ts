import assert from "node:assert/strict";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { Accounts } from "../../../lib/legacy/core/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

Deno.test("Accounts registers at the first login, and knows name, password and key after a restart", () =>
  inFolder(async (dir) => {
    const path = `${dir}/database/users.json`;
    const accounts = Accounts.open(path, systemRandom);
    const alice = await accounts.logIn("alice", "pw");
    assert.equal(alice?.key_id, "1");
    accounts.setPublicKey(alice, "PEM");
    const again = Accounts.open(path, systemRandom);
    assert.deepEqual(again.names(), ["alice"]);
    assert.equal(again.find("alice")?.public_key, "PEM");
    assert.equal(await again.logIn("alice", "other"), undefined);
    assert.equal((await again.logIn("alice", "pw"))?.key_id, "1");
    assert(!Deno.readTextFileSync(path).includes('"pw"'));
  }));
