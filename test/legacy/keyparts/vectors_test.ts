import assert from "node:assert/strict";
import { decodeHex, encodeHex, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import {
  decryptOaep,
  encodeRsaPublicKey,
  parseCertificateKey,
  parseRsaPrivateKey,
  verifyPss,
} from "../../../lib/legacy/core/mod.ts";
import { KeyExchange } from "../../../lib/legacy/keyparts/key_exchange.ts";
import {
  AUTH_REQUEST,
  cutClientMessage,
  cutLogin,
  encodeLogin,
  serverMessageCutter,
} from "../../../lib/legacy/keyparts/messages.ts";
import { combineParts, SessionCipher } from "../../../lib/legacy/keyparts/suite.ts";
import { readVectors } from "../support/vectors.ts";

const { parts, ...vectors } = readVectors<Record<string, string> & { parts: Record<string, string> }>(
  "keyparts",
);
const hex = (name: string) => decodeHex(vectors[name]!);
const cipher = () => new SessionCipher(hex("session_key_hex"));
const readPart = () => {
  const message = serverMessageCutter(() => undefined)(hex("key_part_packet_hex"), false)?.message;
  assert.ok(message?.type === "part");
  return message.part;
};

const cases: Record<string, () => void> = {
  variant: () => assert.equal(vectors.variant, "cb53c49"),
  auth_write1: () =>
    assert.equal(encodeLogin({ id: "client1", signature: new Uint8Array(256) })[0].length, 7),
  auth_write2_hex() {
    const write = hex("auth_write2_hex");
    const { message, size } = cutLogin(
      Uint8Array.from([...encodeUtf8(vectors.auth_write1!), ...write]),
      false,
    )!;
    assert.equal(size, 7 + write.length);
    assert.equal(message.id, "client1");
    assert.deepEqual(encodeLogin(message)[1], write);
    const key = parseCertificateKey(vectors.client1_cert!);
    assert.ok(verifyPss(key, AUTH_REQUEST, message.signature, "any"));
    assert.ok(verifyPss(key, AUTH_REQUEST, message.signature, 222));
  },
  client1_cert() {
    const key = parseRsaPrivateKey(vectors.client1_private!);
    assert.deepEqual(encodeRsaPublicKey(parseCertificateKey(vectors.client1_cert!)), encodeRsaPublicKey(key));
  },
  client1_private: () => assert.equal(parseRsaPrivateKey(vectors.client1_private!).type, "private"),
  client2_private() {
    const part = decryptOaep(parseRsaPrivateKey(vectors.client2_private!), readPart().ciphertext);
    assert.equal(encodeHex(part), parts.client1);
  },
  key_part_packet_hex() {
    const packet = hex("key_part_packet_hex");
    const { from, to, intact } = readPart();
    assert.deepEqual([from, to, intact], ["client1", "client2", true]);
    const cut = cutClientMessage(packet, false);
    assert.equal(cut?.size, packet.length);
    const privateKey = parseRsaPrivateKey(vectors.client2_private!);
    const client1 = parseCertificateKey(vectors.client1_cert!);
    const group = { id: "client2", privateKey, peers: new Map([["client1", client1]]) };
    const exchange = new KeyExchange(group, () => decodeHex(parts.client2!));
    assert.equal(exchange.outgoing[0]?.length, packet.length);
    assert.ok(exchange.receive(readPart()) instanceof SessionCipher);
  },
  session_key_hex() {
    const key = combineParts(new Map(Object.entries(parts).map(([id, part]) => [id, decodeHex(part)])));
    assert.equal(encodeHex(key), vectors.session_key_hex);
  },
  plaintext: () => assert.equal(cipher().open(hex("message_packet_hex"))?.text, vectors.plaintext),
  message_packet_hex() {
    const packet = hex("message_packet_hex");
    assert.deepEqual(cipher().seal(vectors.plaintext!, () => packet.slice(0, 16)), packet);
  },
};

Deno.test("keyparts gives the published programs' answers", async (t) => {
  assert.deepEqual(Object.keys(cases), Object.keys(vectors));
  for (const [name, check] of Object.entries(cases)) await t.step(name, check);
  assert.equal(Object.keys(cases).length, 10);
  assert.equal(Object.keys(parts).length, 3);
});
