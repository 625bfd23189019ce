import assert from "node:assert/strict";
import { decodeHex, encodeHex } from "../../../lib/bytes/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { dhGroup14, DhKeyPair, encodeBigInteger, encodeFrame } from "../../../lib/legacy/core/mod.ts";
import { formatMessage, parseClientMessage } from "../../../lib/legacy/dh_aes/messages.ts";
import { Suite } from "../../../lib/legacy/dh_aes/suite.ts";
import { readVectors } from "../support/vectors.ts";

const vectors = readVectors<Record<string, string>>("dh-aes");
const value = (name: string) => vectors[name] ?? assert.fail(`no vector ${name}`);
const body = (name: string) => decodeHex(value(name)).subarray(4);
const keyPair = (name: string) => new DhKeyPair(dhGroup14(), encodeBigInteger(BigInt(value(name))));

Deno.test("every vector of dh-aes is used", () => {
  assert.deepEqual(Object.keys(vectors).sort(), [
    "aes_key_hex",
    "auth_plain",
    "client_first_frame_hex",
    "client_private_x",
    "send_frame_hex",
    "send_plain",
    "server_first_frame_hex",
    "server_private_x",
    "shared_hex",
    "username_frame_hex",
    "username_plain",
  ]);
});

Deno.test("Suite agrees on the published programs' keys after their first frames", () => {
  for (const [own, peer] of [["server", "client"], ["client", "server"]]) {
    const keys = keyPair(`${own}_private_x`);
    assert.equal(encodeHex(encodeFrame(keys.publicValue)), value(`${own}_first_frame_hex`));
    assert.equal(encodeHex(keys.computeSecret(body(`${peer}_first_frame_hex`))), value("shared_hex"));
    const suite = Suite.agree(keys, body(`${peer}_first_frame_hex`), systemRandom);
    assert.equal(suite.open(body("username_frame_hex")), value("username_plain"));
    assert.equal(suite.open(body("send_frame_hex")), value("send_plain"));
  }
});

Deno.test("Suite seals with the published key what WebCrypto opens with it, and to the published length", async () => {
  const suite = new Suite(decodeHex(value("shared_hex")), systemRandom);
  const sealed = suite.seal(value("send_plain"));
  assert.equal(sealed.length, decodeHex(value("send_frame_hex")).length);
  const key = await crypto.subtle.importKey("raw", decodeHex(value("aes_key_hex")), "AES-GCM", false, [
    "decrypt",
  ]);
  const algorithm = { name: "AES-GCM", iv: sealed.slice(4, 16) };
  const opened = await crypto.subtle.decrypt(algorithm, key, sealed.slice(16));
  assert.equal(new TextDecoder().decode(opened), value("send_plain"));
});

Deno.test("formatMessage() writes byte for byte what the published programs write", () => {
  assert.equal(formatMessage({ type: "auth_success", username: "alice" }), value("auth_plain"));
  const message = { type: "send_message", to: "bob", content: "héllo ✓" } as const;
  assert.equal(formatMessage(message), value("send_plain"));
  assert.deepEqual(parseClientMessage(value("send_plain")), message);
});
