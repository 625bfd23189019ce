import assert from "node:assert/strict";
import {
  answerChallenge,
  createCertificateRequest,
  type EnrollmentContext,
  exportPrivateKey,
  formatCertificates,
  generateKeyPair,
  hashCertificate,
  hashInviteToken,
  type KeyAlgorithm,
  parseInvite,
} from "../../lib/pki/mod.ts";
import { type ClientConnection, dial } from "../../lib/transport/mod.ts";
import { checkRelay, connectDevice, TestRelay } from "../support/relay_fixture.ts";

/** An applicant on an anonymous connection. */
async function openApplicant(relay: TestRelay): Promise<ClientConnection> {
  const checkServer = checkRelay(relay.admin.authority);
  const connection = await dial({ host: "127.0.0.1", port: relay.port, checkServer });
  await connection.request("hello", { version: 1, agent: "test" });
  return connection;
}

function inviteToken(relay: TestRelay, user: string, expiresInMs?: number): Uint8Array<ArrayBuffer> {
  const address = { host: "127.0.0.1", port: relay.port };
  const { invite } = relay.admin.authority.createInvite({
    user,
    relay: address,
    ...(expiresInMs && { expiresInMs }),
  });
  return parseInvite(invite).token;
}

async function prepare(
  relay: TestRelay,
  connection: ClientConnection,
  token: Uint8Array<ArrayBuffer>,
  { user = "alice", device = "laptop", algorithm = "ed25519" as KeyAlgorithm } = {},
) {
  const keys = await generateKeyPair(algorithm);
  const csr = await createCertificateRequest(keys, `${user}/${device}`);
  const context: EnrollmentContext = {
    csr,
    tokenHash: hashInviteToken(token),
    user,
    device,
    rootHash: hashCertificate(relay.admin.authority.certificate),
    serverCertificateHash: hashCertificate(connection.peerChain[0]!),
  };
  return { keys, context, request: { csr, token, user, device } };
}

async function enroll(
  relay: TestRelay,
  connection: ClientConnection,
  token: Uint8Array<ArrayBuffer>,
  options: Parameters<typeof prepare>[3] = {},
) {
  const { keys, context, request } = await prepare(relay, connection, token, options);
  const begun = await connection.request("enroll-begin", request);
  const proof = await answerChallenge(begun, context, keys);
  const finished = await connection.request("enroll-finish", { enrollment: begun.enrollment, proof });
  assert.ok("certificates" in finished);
  const { certificates } = finished;
  return {
    proof: begun.proof,
    identity: {
      keyPem: await exportPrivateKey(keys.privateKey),
      certificatesPem: formatCertificates(certificates),
    },
  };
}

Deno.test("an applicant with an invite gets a certificate and a mailbox, whatever kind of key it has", async () => {
  await using relay = await TestRelay.start();
  const connection = await openApplicant(relay);
  for (const [algorithm, kind] of [["ed25519", "signature"], ["rsa-2048", "decryption"]] as const) {
    const device = { user: "alice", device: algorithm };
    const enrolled = await enroll(relay, connection, inviteToken(relay, "alice"), {
      device: algorithm,
      algorithm,
    });
    assert.equal(enrolled.proof, kind);
    await using alice = await connectDevice(relay.admin.authority, relay.port, device, enrolled.identity);
    const { mailboxes } = await alice.connection.request("mailboxes", {});
    assert.deepEqual(mailboxes, [{ mailbox: `device:alice/${algorithm}`, head: 0 }]);
  }
  await connection.close();
});

Deno.test("an applicant can do nothing but enrol", async () => {
  await using relay = await TestRelay.start();
  const connection = await openApplicant(relay);
  await assert.rejects(connection.request("devices", {}), { code: "certificate-required" });
  await assert.rejects(connection.request("watch", {}), { code: "certificate-required" });
  await connection.close();
});

Deno.test("an invite that is unknown, used, expired or for someone else is refused, and so is a name taken", async () => {
  await using relay = await TestRelay.start();
  const connection = await openApplicant(relay);
  const refused = async (code: string, token: Uint8Array<ArrayBuffer>, options = {}) => {
    await assert.rejects(enroll(relay, connection, token, options), { code });
  };
  const token = inviteToken(relay, "alice");
  await refused("invite-unknown", crypto.getRandomValues(new Uint8Array(16)));
  await refused("invite-unknown", token, { user: "bob" });
  await enroll(relay, connection, token);
  await refused("invite-used", token, { device: "other" });
  await refused("device-exists", inviteToken(relay, "alice"));
  const short = inviteToken(relay, "alice", 1_000);
  relay.pass(2_000);
  await refused("invite-expired", short, { device: "late" });
  await connection.close();
});

Deno.test("a proof must be right, of this connection, and comes once", async () => {
  await using relay = await TestRelay.start();
  const connection = await openApplicant(relay);
  const other = await openApplicant(relay);
  const token = inviteToken(relay, "alice");
  const { keys, context, request } = await prepare(relay, connection, token);
  const first = await connection.request("enroll-begin", request);
  const proof = await answerChallenge(first, context, keys);
  const answer = { enrollment: first.enrollment, proof };
  await assert.rejects(other.request("enroll-finish", answer), { code: "enrollment-unknown" });
  await assert.rejects(connection.request("enroll-finish", { ...answer, proof: new Uint8Array(64) }), {
    code: "challenge-failed",
  });
  await assert.rejects(connection.request("enroll-finish", answer), { code: "enrollment-unknown" });
  const second = await connection.request("enroll-begin", request);
  const forOther = { ...context, serverCertificateHash: new Uint8Array(32) };
  const relayed = await answerChallenge(second, forOther, keys);
  await assert.rejects(
    connection.request("enroll-finish", { enrollment: second.enrollment, proof: relayed }),
    {
      code: "challenge-failed",
    },
  );
  const third = await connection.request("enroll-begin", request);
  relay.pass(3 * 60_000);
  const late = { enrollment: third.enrollment, proof: await answerChallenge(third, context, keys) };
  await assert.rejects(connection.request("enroll-finish", late), { code: "challenge-expired" });
  await Promise.all([connection.close(), other.close()]);
});

Deno.test("enrolments are bounded for each address and in all", async () => {
  await using relay = await TestRelay.start({
    enrollmentBurst: 3,
    enrollmentsPerSecond: 0.001,
    maxPendingEnrollments: 1,
  });
  const connection = await openApplicant(relay);
  const { request } = await prepare(relay, connection, inviteToken(relay, "alice"));
  await connection.request("enroll-begin", request);
  await assert.rejects(connection.request("enroll-begin", request), { code: "too-many-enrollments" });
  // What a connection has begun goes with it.
  await connection.close();
  const again = await openApplicant(relay);
  await again.request("enroll-begin", request);
  await assert.rejects(again.request("enroll-begin", request), { code: "rate-limited" });
  await again.close();
});
