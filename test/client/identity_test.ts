import assert from "node:assert/strict";
import { encodeUtf8 } from "../../lib/bytes/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { formatStorageKey, generateStorageKey, parseStorageKey } from "../../lib/client/storage_key.ts";
import { listIdentities, selectIdentity } from "../../lib/client/mod.ts";

const passphrase = (text: string) => () => Promise.resolve(encodeUtf8(text));
const noPassphrase = () => assert.fail("no passphrase may be asked for");

Deno.test("parseStorageKey() opens a wrapped key with its passphrase and with no other", async () => {
  const key = generateStorageKey(systemRandom);
  const file = await formatStorageKey(key, encodeUtf8("right"), systemRandom);
  assert.ok(!file.includes(key.expose().toBase64()));
  assert.deepEqual((await parseStorageKey(file, passphrase("right"))).expose(), key.expose());
  await assert.rejects(parseStorageKey(file, passphrase("wrong")), { code: "passphrase-wrong" });
});

Deno.test("parseStorageKey() asks for no passphrase where there is none", async () => {
  const key = generateStorageKey(systemRandom);
  const file = await formatStorageKey(key, undefined, systemRandom);
  assert.deepEqual((await parseStorageKey(file, noPassphrase)).expose(), key.expose());
});

Deno.test("parseStorageKey() refuses a damaged file without asking for anything", async () => {
  for (const text of ["", "{}", '{"version":2}', '{"version":1,"protection":"argon2id"}']) {
    await assert.rejects(parseStorageKey(text, noPassphrase), { code: "identity-damaged" });
  }
});

Deno.test("selectIdentity() finds the only one, the one named, and explains every other case", async () => {
  const home = await Deno.makeTempDir();
  await assert.rejects(selectIdentity(home, undefined), { code: "no-identity" });
  await Deno.mkdir(`${home}/identities/alice/laptop`, { recursive: true });
  await Deno.mkdir(`${home}/identities/alice/.phone.enrolling`);
  assert.deepEqual(await selectIdentity(home, undefined), { user: "alice", device: "laptop" });
  await Deno.mkdir(`${home}/identities/alice/phone`);
  await Deno.mkdir(`${home}/identities/bob/laptop`, { recursive: true });
  assert.equal((await listIdentities(home)).length, 3);
  await assert.rejects(selectIdentity(home, undefined), { code: "identity-ambiguous" });
  await assert.rejects(selectIdentity(home, "alice"), { code: "identity-ambiguous", hint: /alice\/phone/ });
  await assert.rejects(selectIdentity(home, "carol"), { code: "identity-unknown" });
  assert.deepEqual(await selectIdentity(home, "alice/phone"), { user: "alice", device: "phone" });
  assert.deepEqual(await selectIdentity(home, "bob"), { user: "bob", device: "laptop" });
  await Deno.remove(home, { recursive: true });
});
