import assert from "node:assert/strict";
import { encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { AuthenticationError } from "../../../lib/errors/mod.ts";
import { type ChannelSuite, HmacKey, KeyConfirmation, SealedChannel } from "../../../lib/legacy/core/mod.ts";

/** A suite whose cipher changes nothing, so that the channel alone is looked at. */
const suite: ChannelSuite = {
  blockBytes: 1,
  mac: new HmacKey(new Uint8Array(8).fill(7)),
  encrypt: (plaintext) => plaintext,
  decrypt: (ciphertext) => ciphertext.slice(),
};

Deno.test("SealedChannel takes a message once, whole and from the other end", () => {
  const client = new SealedChannel(suite, "client"), server = new SealedChannel(suite, "server");
  const body = client.seal(30, encodeUtf8("to"), encodeUtf8("ken")).subarray(4);
  for (let i = 0; i < body.length; i++) {
    const altered = body.slice();
    altered[i] = altered[i]! ^ 1;
    assert.equal(server.open(altered), "its HMAC is wrong");
  }
  assert.equal(server.open(body.subarray(0, 41)), "it is malformed");
  assert.equal(client.open(body), "its HMAC is wrong");
  assert.deepEqual(server.open(body), { opcode: 30, content: encodeUtf8("token") });
  assert.equal(server.open(body), "it is a replay");
});

Deno.test("KeyConfirmation takes the other end's proof over the same transcript only", () => {
  const transcript = encodeUtf8("both values");
  const client = new KeyConfirmation(suite.mac, "client", transcript);
  const server = new KeyConfirmation(suite.mac, "server", transcript);
  client.verify(server.prove());
  server.verify(client.prove());
  const otherServer = new KeyConfirmation(suite.mac, "server", encodeUtf8("other values"));
  for (const proof of [client.prove(), otherServer.prove()]) {
    assert.throws(
      () => client.verify(proof),
      (error) => error instanceof AuthenticationError && error.code === "key-proof-wrong",
    );
  }
});
