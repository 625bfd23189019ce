import assert from "node:assert/strict";
import { argon2id } from "@noble/hashes/argon2.js";
import { encodeHex, encodeUtf8 } from "../../lib/bytes/mod.ts";
import { deriveKeyFromPassword } from "../../lib/crypto/mod.ts";

const password = encodeUtf8("password");
const salt = encodeUtf8("somesalt");

Deno.test("deriveKeyFromPassword() gives the known answers of Argon2's reference implementation", async () => {
  const answers = [
    [65_536, 2, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"],
    [256, 2, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"],
  ] as const;
  for (const [memoryKiB, passes, expected] of answers) {
    assert.equal(encodeHex(await deriveKeyFromPassword(password, salt, { memoryKiB, passes })), expected);
  }
});

Deno.test("deriveKeyFromPassword() agrees with noble, lanes included", async () => {
  for (const [memoryKiB, passes, parallelism] of [[64, 1, 1], [128, 3, 4]] as const) {
    const expected = argon2id(password, salt, { m: memoryKiB, t: passes, p: parallelism, dkLen: 32 });
    assert.deepEqual(
      await deriveKeyFromPassword(password, salt, { memoryKiB, passes, parallelism }),
      new Uint8Array(expected),
    );
  }
});

Deno.test("deriveKeyFromPassword() costs 64 MiB and 3 passes in one lane by default", async () => {
  assert.deepEqual(
    await deriveKeyFromPassword(password, salt),
    await deriveKeyFromPassword(password, salt, { memoryKiB: 65_536, passes: 3, parallelism: 1 }),
  );
});

Deno.test("deriveKeyFromPassword() refuses a cost out of range before it takes memory", async () => {
  const costs = [
    { memoryKiB: 7 },
    { memoryKiB: 31, parallelism: 4 },
    { memoryKiB: 1_048_577 },
    { memoryKiB: NaN },
    { passes: 0 },
    { passes: 65 },
    { passes: 1.5 },
    { parallelism: 0 },
    { parallelism: 17 },
  ];
  for (const cost of costs) {
    await assert.rejects(deriveKeyFromPassword(password, salt, cost), { code: "password-cost-invalid" });
  }
});

Deno.test("deriveKeyFromPassword() refuses a salt under 8 bytes", async () => {
  await assert.rejects(deriveKeyFromPassword(password, new Uint8Array(7)), { code: "password-salt-short" });
});
