import assert from "node:assert/strict";
import { encodeUtf8 } from "../../lib/bytes/mod.ts";
import { createCertificateRequest, generateKeyPair } from "../../lib/pki/mod.ts";
import { type ClientConnection, dial } from "../../lib/transport/mod.ts";
import { checkRelay, TestRelay } from "../support/relay_fixture.ts";

async function openApplicant(relay: TestRelay): Promise<ClientConnection> {
  const checkServer = checkRelay(relay.admin.authority);
  const connection = await dial({ host: "127.0.0.1", port: relay.port, checkServer });
  await connection.request("hello", { version: 1, agent: "test" });
  return connection;
}

async function attempt(connection: ClientConnection, user: string, password: string, device = "laptop") {
  const csr = await createCertificateRequest(await generateKeyPair("ed25519"), `${user}/${device}`);
  const fields = { csr, user, device, password: new Uint8Array(encodeUtf8(password)) };
  return await connection.request("enroll-begin", fields).then(
    () => "begun",
    ({ kind, code, message, hint }) => ({
      kind,
      code,
      message,
      hint,
    }),
  );
}

/** Notes the parameters of every key derivation while `work` runs. */
async function derivations(work: () => Promise<unknown>): Promise<unknown[]> {
  const { subtle } = crypto;
  const original = subtle.deriveBits;
  const seen: unknown[] = [];
  Object.defineProperty(subtle, "deriveBits", {
    configurable: true,
    value(
      this: SubtleCrypto,
      algorithm: { name: string } & Record<string, unknown>,
      ...rest: [CryptoKey, number]
    ) {
      const { nonce, ...cost } = algorithm;
      seen.push({ ...cost, saltBytes: (nonce as Uint8Array).length });
      return original.call(this, algorithm, ...rest);
    },
  });
  try {
    await work();
  } finally {
    Reflect.deleteProperty(subtle, "deriveBits");
  }
  return seen;
}

Deno.test("nobody learns whether a user exists: the same work is done, the same is answered", async () => {
  await using relay = await TestRelay.start();
  await relay.admin.users.add("alice", encodeUtf8("correct horse"));
  await relay.admin.authority.issueDevice({
    user: "alice",
    device: "laptop",
    spki: (await generateKeyPair("ed25519")).spki,
  });
  const connection = await openApplicant(relay);
  const answers: unknown[] = [];
  const work: unknown[][] = [];
  for (const user of ["alice", "nobody", "bob"]) {
    work.push(await derivations(async () => answers.push(await attempt(connection, user, "wrong horse"))));
  }
  assert.equal((answers[0] as { code: string }).code, "credentials-wrong");
  assert.deepEqual(answers, [answers[0], answers[0], answers[0]]);
  assert.equal(work[0]!.length, 1);
  assert.deepEqual(work, [work[0], work[0], work[0]]);
  assert.equal(await attempt(connection, "alice", "correct horse"), "begun");
  await connection.close();
});

Deno.test("passwords are bounded for each name, whether or not anybody has it", async () => {
  await using relay = await TestRelay.start({ passwordBurst: 1, passwordsPerSecond: 0.001 });
  await relay.admin.users.add("alice", encodeUtf8("correct horse"));
  const connection = await openApplicant(relay);
  for (const user of ["alice", "nobody"]) {
    await attempt(connection, user, "wrong horse");
    const limited = await attempt(connection, user, "correct horse");
    assert.equal((limited as { code: string }).code, "rate-limited");
  }
  await connection.close();
});
