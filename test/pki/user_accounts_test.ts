import assert from "node:assert/strict";
import { encodeUtf8 } from "../../lib/bytes/mod.ts";
import { initCa, openCa } from "../../lib/store/mod.ts";
import { inFolder } from "../support/in_folder.ts";

Deno.test("a password is kept as Argon2id makes it, and opens until it is changed or taken away", () =>
  inFolder(async (dir) => {
    await initCa(`${dir}/ca`, { name: "Test CA" });
    using ca = openCa(`${dir}/ca`);
    const { users } = ca;
    const [first, second] = [encodeUtf8("correct horse"), encodeUtf8("battery staple")];
    await users.add("alice", first);
    await users.verify("alice", first);
    await assert.rejects(users.verify("alice", second), { code: "credentials-wrong" });
    await assert.rejects(users.add("alice", second), { code: "user-exists" });
    await users.setPassword("alice", second);
    await users.verify("alice", second);
    await assert.rejects(users.verify("alice", first), { code: "credentials-wrong" });
    for (const password of ["short", "x".repeat(1_025)]) {
      await assert.rejects(users.setPassword("alice", encodeUtf8(password)), { code: "password-unusable" });
    }
    await assert.rejects(users.add("No Name", first), { code: "name-malformed" });
    users.remove("alice");
    await assert.rejects(users.verify("alice", second), { code: "credentials-wrong" });
    assert.throws(() => users.remove("alice"), { code: "user-unknown" });
    await assert.rejects(users.setPassword("alice", first), { code: "user-unknown" });
    assert.deepEqual(users.list(), []);
    const database = await Deno.readFile(`${dir}/ca/ca.db-wal`);
    assert.ok(!new TextDecoder("latin1").decode(database).includes("battery staple"));
  }));
