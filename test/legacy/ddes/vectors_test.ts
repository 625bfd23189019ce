import assert from "node:assert/strict";
import { decodeHex, encodeHex, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import {
  decodeBigInteger,
  defineDhGroup,
  DhKeyPair,
  encodeBigInteger,
  formatDhParameters,
  formatDhPublicKey,
  parseDhParameters,
  parseDhPublicKey,
} from "../../../lib/legacy/core/mod.ts";
import {
  cutConfirmation,
  encodeConfirmation,
  encodeReply,
  encodeRequest,
  replyCutter,
  requestCutter,
} from "../../../lib/legacy/ddes/original_messages.ts";
import { Suite } from "../../../lib/legacy/ddes/suite.ts";
import { readVectors } from "../support/vectors.ts";

const vectors = readVectors<Record<string, string>>("ddes");
const hex = (name: string) => decodeHex(vectors[name]!);
const suite = new Suite(hex("shared_hex"));
const { modulus, generator } = parseDhParameters(vectors.params_pem!);
const group = defineDhGroup(modulus, generator);
const privateKey = (name: string) => encodeBigInteger(BigInt(vectors[name]!));

const cases: Record<string, () => void> = {
  params_pem: () => assert.equal(formatDhParameters(group), vectors.params_pem),
  server_private_x: () => assertPublicKey("server"),
  client_private_x: () => assertPublicKey("client"),
  server_public_pem: () => assertShared("client", "server"),
  client_public_pem: () => assertShared("server", "client"),
  shared_hex: () => assert.equal(hex("shared_hex").length, group.bytes),
  key1_hex: () => assert.deepEqual(suite.sealSessionId(), hex("encrypted_session_id_hex")),
  key2_hex: () =>
    assert.ok(suite.mac.verify(hex("reply_12_5_hex").subarray(0, 8), hex("reply_12_5_hex").subarray(10))),
  session_id: () => assert.equal(suite.sessionId, vectors.session_id),
  verification: () => assert.deepEqual(encodeConfirmation(suite)[0], encodeUtf8(vectors.verification!)),
  encrypted_session_id_hex() {
    const [verification, sealed] = encodeConfirmation(suite);
    assert.equal(encodeHex(sealed), vectors.encrypted_session_id_hex);
    const cut = cutConfirmation(Uint8Array.from([...verification, ...sealed]), false);
    assert.deepEqual(cut?.message, sealed);
  },
  number_5_hex: () => assertRequest("number_5_hex", "5"),
  sum_hex: () => assertRequest("sum_hex", "sum"),
  exit_hex: () => assertRequest("exit_hex", "exit"),
  reply_12_5_hex() {
    assert.equal(encodeHex(encodeReply(suite, "12.5")), vectors.reply_12_5_hex);
    assert.equal(replyCutter(suite)(hex("reply_12_5_hex"), false)?.message, "12.5");
  },
};

function assertPublicKey(who: "server" | "client"): void {
  const keys = new DhKeyPair(group, privateKey(`${who}_private_x`));
  assert.equal(formatDhPublicKey(group, keys.publicValue), vectors[`${who}_public_pem`]);
}

function assertShared(own: "server" | "client", peer: "server" | "client"): void {
  const keys = new DhKeyPair(group, privateKey(`${own}_private_x`));
  const { value, ...parameters } = parseDhPublicKey(vectors[`${peer}_public_pem`]!);
  assert.deepEqual(parameters, { modulus, generator });
  assert.deepEqual(keys.computeSecret(value), hex("shared_hex"));
  assert.ok(decodeBigInteger(value) < modulus);
}

function assertRequest(name: string, text: string): void {
  assert.equal(encodeHex(encodeRequest(suite, text)), vectors[name]);
  const { message, size } = requestCutter(suite)(hex(name), false)!;
  assert.equal(size, hex(name).length);
  assert.deepEqual(message, { type: "text", text });
}

Deno.test("ddes gives the published programs' answers", async (t) => {
  assert.deepEqual(Object.keys(cases), Object.keys(vectors));
  for (const [name, check] of Object.entries(cases)) await t.step(name, check);
  assert.equal(Object.keys(cases).length, 15);
});
