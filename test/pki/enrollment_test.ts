import assert from "node:assert/strict";
import fc from "fast-check";
import { systemRandom as random } from "../../lib/crypto/mod.ts";
import {
  answerChallenge,
  beginEnrollment,
  createCertificateRequest,
  type EnrollmentContext,
  enrollmentMessage,
  hashCertificate,
  hashInviteToken,
  type KeyPair,
} from "../../lib/pki/mod.ts";
import { fixture, fixtureKeys } from "./fixtures.ts";
import { typedErrorOf } from "../support/mutate.ts";

const now = new Date("2027-01-01T00:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);
const kinds = ["ed25519", "p256", "rsa"];

async function makeContext(keys: KeyPair): Promise<EnrollmentContext> {
  return {
    csr: await createCertificateRequest(keys, "laptop"),
    tokenHash: hashInviteToken(new Uint8Array(16)),
    user: "alice",
    device: "laptop",
    rootHash: hashCertificate(fixture("root-ed25519.crt")),
    serverCertificateHash: hashCertificate(fixture("server.crt")),
  };
}

Deno.test("enrollmentMessage() is the label and the SHA-256 of the documented transcript", async () => {
  const hash = new Uint8Array(32);
  const context = { csr: Uint8Array.of(1, 2), tokenHash: hash, user: "a", device: "b", rootHash: hash };
  const field = (bytes: number[]) => [0, 0, 0, bytes.length, ...bytes];
  const zeros = [...hash];
  const transcript = [[9], [1, 2], zeros, [97], [98], zeros, zeros].flatMap(field);
  const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(transcript));
  const message = enrollmentMessage({ ...context, serverCertificateHash: hash }, Uint8Array.of(9));
  assert.deepEqual(
    message,
    Uint8Array.from([...new TextEncoder().encode("parley enroll v1"), ...new Uint8Array(digest)]),
  );
});

for (const kind of kinds) {
  Deno.test(`an applicant with a key of ${kind} proves that it holds it, once`, async () => {
    const keys = await fixtureKeys(`good-${kind}.key`);
    const context = await makeContext(keys);
    const pending = await beginEnrollment(context, { now, random });
    assert.equal(pending.challenge.proof, kind === "rsa" ? "decryption" : "signature");
    assert.equal(pending.expiresAt.getTime(), later(120_000).getTime());
    const proof = await answerChallenge(pending.challenge, context, keys);
    const proven = await pending.finish(proof, later(120_000));
    assert.deepEqual(proven, {
      user: "alice",
      device: "laptop",
      tokenHash: context.tokenHash,
      spki: keys.spki,
    });
    await assert.rejects(pending.finish(proof, now), { name: "AuthenticationError", code: "challenge-used" });
  });

  Deno.test(`a proof with ${kind} counts for no other enrolment`, async () => {
    const keys = await fixtureKeys(`good-${kind}.key`);
    const context = await makeContext(keys);
    const differing: Partial<EnrollmentContext>[] = [
      { tokenHash: new Uint8Array(32) },
      { user: "bob" },
      { device: "phone" },
      { rootHash: new Uint8Array(32) },
      { serverCertificateHash: hashCertificate(fixture("expired.crt")) },
    ];
    for (const difference of differing) {
      const pending = await beginEnrollment(context, { now, random });
      const proof = await answerChallenge(pending.challenge, { ...context, ...difference }, keys);
      await assert.rejects(pending.finish(proof, now), { code: "challenge-failed" });
    }
    // Nor for another challenge of the same enrolment.
    const [first, second] = [
      await beginEnrollment(context, { now, random }),
      await beginEnrollment(context, { now, random }),
    ];
    const proof = await answerChallenge(first.challenge, context, keys);
    await assert.rejects(second.finish(proof, now), { code: "challenge-failed" });
  });

  Deno.test(`an enrolment with ${kind} is over after a wrong or a late proof`, async () => {
    const keys = await fixtureKeys(`good-${kind}.key`);
    const context = await makeContext(keys);
    const pending = await beginEnrollment(context, { now, random });
    const proof = await answerChallenge(pending.challenge, context, keys);
    await assert.rejects(pending.finish(new Uint8Array(proof.length), now), { code: "challenge-failed" });
    await assert.rejects(pending.finish(proof, now), { code: "challenge-used" });
    const late = await beginEnrollment(context, { now, random });
    const lateProof = await answerChallenge(late.challenge, context, keys);
    await assert.rejects(late.finish(lateProof, later(120_001)), { code: "challenge-expired" });
  });
}

Deno.test("an applicant without the private key proves nothing", async () => {
  const context = await makeContext(await fixtureKeys("good-ed25519.key"));
  const pending = await beginEnrollment(context, { now, random });
  const proof = await answerChallenge(pending.challenge, context, await fixtureKeys("bad.key"));
  await assert.rejects(pending.finish(proof, now), { code: "challenge-failed" });
});

Deno.test("an RSA applicant sends neither what it decrypted nor an answer to a signature challenge", async () => {
  const keys = await fixtureKeys("good-rsa.key");
  const context = await makeContext(keys);
  let nonce = new Uint8Array();
  const spy = (length: number) => nonce = random(length);
  const pending = await beginEnrollment(context, { now, random: spy });
  const proof = await answerChallenge(pending.challenge, context, keys);
  assert.equal(proof.length, 32);
  assert.notDeepEqual(proof, nonce);
  await assert.rejects(pending.finish(nonce, now), { code: "challenge-failed" });
  const challenge = { proof: "signature" as const, challenge: new Uint8Array(32) };
  await assert.rejects(answerChallenge(challenge, context, keys), { code: "challenge-malformed" });
});

Deno.test("answerChallenge() throws a protocol error when given a challenge that is not for its key", async () => {
  const rsa = await fixtureKeys("good-rsa.key");
  const context = await makeContext(rsa);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const challenge = { proof: "decryption" as const, challenge: new Uint8Array(bytes) };
      const error = await typedErrorOf(() => answerChallenge(challenge, context, rsa));
      assert.deepEqual([error?.kind, error?.code], ["protocol", "challenge-malformed"]);
    }),
    { numRuns: 20 },
  );
  const ed25519 = await fixtureKeys("good-ed25519.key");
  const decryption = { proof: "decryption" as const, challenge: new Uint8Array(256) };
  await assert.rejects(answerChallenge(decryption, context, ed25519), { code: "challenge-malformed" });
});

Deno.test("beginEnrollment() refuses a request that is not signed by its own key, and bad names", async () => {
  const keys = await fixtureKeys("good-ed25519.key");
  const context = await makeContext(keys);
  const csr = new Uint8Array(context.csr);
  csr[csr.length - 1] = csr[csr.length - 1]! ^ 1;
  await assert.rejects(beginEnrollment({ ...context, csr }, { now, random }), { code: "csr-signature" });
  const named = { ...context, device: "../x" };
  await assert.rejects(beginEnrollment(named, { now, random }), { code: "name-malformed" });
});
