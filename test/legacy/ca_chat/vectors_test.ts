import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { parseRsaPrivateKey, parseRsaPublicKey, verifyRsaCertificate } from "../../../lib/legacy/core/mod.ts";
import { openEnvelope, sealEnvelope } from "../../../lib/legacy/ca_chat/envelope.ts";
import { encodeMessage, parseClientMessage } from "../../../lib/legacy/ca_chat/messages.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { readVectors } from "../support/vectors.ts";

const vectors = readVectors<Record<string, string>>("ca-chat");
const alice = parseRsaPrivateKey(vectors.alice_private!), bob = parseRsaPrivateKey(vectors.bob_private!);
const IN_LIFETIME = Date.parse("2026-12-24T12:00:00Z");

const open = (sealed: string, sender = alice) =>
  openEnvelope(sealed, {
    privateKey: (id) => id === "2" ? bob : undefined,
    sender: createPublicKey(sender),
    maxBytes: 10_000,
  });

const cases: Record<string, () => void> = {
  alice_private: () => assert.equal(open(vectors.encrypted_field!), vectors.plaintext),
  bob_private: () => assert.throws(() => open(vectors.encrypted_field!, bob), { code: "signature-wrong" }),
  ca_public: () => assert.equal(parseRsaPublicKey(vectors.ca_public!).type, "public"),
  bob_certificate() {
    const verify = (user: string, now: number, ca = vectors.ca_public!) =>
      verifyRsaCertificate(vectors.bob_certificate!, ca, user, now);
    assert.ok(verify("bob", IN_LIFETIME).equals(createPublicKey(bob)));
    const refused = { code: "certificate-refused" };
    assert.throws(() => verify("alice", IN_LIFETIME), refused);
    assert.throws(() => verify("bob", 0), refused);
    assert.throws(() => verify("bob", Date.parse("2030-01-01")), refused);
    const other = createPublicKey(alice).export({ type: "spki", format: "pem" }) as string;
    assert.throws(() => verify("bob", IN_LIFETIME, other), refused);
  },
  plaintext() {
    const recipient = { keyId: "2", publicKey: createPublicKey(bob) };
    const sealed = sealEnvelope(vectors.plaintext!, alice, recipient, systemRandom);
    assert.equal(open(sealed), vectors.plaintext);
    const longest = sealEnvelope("x".repeat(391), alice, recipient, systemRandom);
    const message = { message_type: "MESSAGE", message: longest, username: "alice", user: "bob" } as const;
    assert.ok(encodeMessage(message).length <= 2048);
  },
  message_write() {
    const message = parseClientMessage(vectors.message_write!);
    assert.ok(message.message_type === "MESSAGE");
    assert.deepEqual([message.username, message.user], ["alice", "bob"]);
    assert.equal(open(message.message), vectors.plaintext);
  },
  encrypted_field: () => assert.throws(() => open(`${vectors.encrypted_field!.slice(0, -8)}AAAAAAA=`)),
  keys_json_private_for_password_pw_b() {
    const pem = vectors.keys_json_private_for_password_pw_b!;
    assert.ok(parseRsaPrivateKey(pem, "pw-b").equals(bob));
    assert.throws(() => parseRsaPrivateKey(pem, "pw-a"), { code: "passphrase-wrong" });
  },
};

Deno.test("ca-chat gives the published programs' answers", async (t) => {
  assert.deepEqual(Object.keys(cases), Object.keys(vectors));
  for (const [name, check] of Object.entries(cases)) await t.step(name, check);
  assert.equal(Object.keys(cases).length, 8);
});
