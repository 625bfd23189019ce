import assert from "node:assert/strict";
import { concatBytes, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import {
  defineDhGroup,
  dhGroup14,
  DhKeyPair,
  encodeBigInteger,
  encodeFrame,
  formatDhPublicKey,
  parseDhParameters,
  parseDhPublicKey,
  type SealedChannel,
  type SealedMessage,
} from "../../../lib/legacy/core/mod.ts";
import { AwaitingProof, encodeKeyStep, Opcode } from "../../../lib/legacy/ddes/messages.ts";
import { ddes } from "../../../lib/legacy/ddes/mod.ts";
import { encodeReply, encodeRequest } from "../../../lib/legacy/ddes/original_messages.ts";
import { decodeText, Suite } from "../../../lib/legacy/ddes/suite.ts";
import { startServer } from "../support/environment.ts";
import { RawPeer } from "../support/raw_peer.ts";

/** A client of the documented dialect up to its token; `stopAt` goes after so many of its three steps. */
async function handshake(port: number, stopAt = 3) {
  const peer = await RawPeer.connect(port);
  const keys = DhKeyPair.generate(dhGroup14(), systemRandom);
  const awaitingProof = new AwaitingProof(keys, "client", await peer.frame());
  if (stopAt > 0) await peer.write(encodeKeyStep(keys.publicValue));
  if (stopAt <= 1) return { peer, channel: undefined, token: new Uint8Array(0) };
  const channel = awaitingProof.receive(await peer.frame());
  await peer.write(awaitingProof.proof);
  const { content: token } = channel.open(await peer.frame()) as SealedMessage;
  return { peer, channel, token };
}

async function established(
  port: number,
): Promise<Disposable & { peer: RawPeer; channel: SealedChannel; token: Uint8Array }> {
  const { peer, channel, token } = await handshake(port);
  return { peer, channel: channel!, token, [Symbol.dispose]: () => peer[Symbol.dispose]() };
}

async function assertServes(port: number): Promise<void> {
  using client = await established(port);
  const { peer, channel, token } = client;
  await peer.write(channel.seal(Opcode.aggregate, token));
  assert.match(decodeText((channel.open(await peer.frame()) as SealedMessage).content), /^-?\d/);
}

Deno.test("ddes documented: every value that is not in the group is refused, and every step that is none", async () => {
  await using server = await startServer(ddes);
  const { modulus } = dhGroup14();
  const values = [0n, 1n, modulus - 1n, modulus, modulus + 1n, (1n << 2048n) - 1n];
  const steps: [code: string, bytes: Uint8Array][] = [
    ...values.map((value): [string, Uint8Array] => [
      "dh-value-refused",
      encodeKeyStep(encodeBigInteger(value, 256)),
    ]),
    ["message-malformed", encodeKeyStep(new Uint8Array(255).fill(7))],
    ["message-malformed", encodeKeyStep(new Uint8Array(300).fill(7))],
    ["message-malformed", encodeFrame()],
    ["message-malformed", encodeFrame(Uint8Array.of(Opcode.data), new Uint8Array(256).fill(7))],
    ["frame-too-large", Uint8Array.of(0, 1, 0, 1)],
  ];
  for (const [index, [code, bytes]] of steps.entries()) {
    using peer = await RawPeer.connect(server.port);
    await peer.frame();
    await peer.write(bytes);
    assert.equal((await peer.recv()).length, 0, code);
    assert.equal((await server.logged("client-failed", index + 1)).code, code);
  }
  await assertServes(server.port);
});

Deno.test("ddes documented: clients that go at any point of the exchange disturb nobody", async () => {
  await using server = await startServer(ddes);
  for (const stopAt of [0, 1]) {
    const { peer } = await handshake(server.port, stopAt);
    peer[Symbol.dispose]();
  }
  {
    using cut = await established(server.port);
    await cut.peer.write(cut.channel.seal(Opcode.data, cut.token, encodeUtf8("5")).subarray(0, 30));
  }
  assert.equal((await server.logged("client-failed")).code, "truncated");
  {
    using before = await RawPeer.connect(server.port);
    await before.frame();
    await before.write(encodeKeyStep(new Uint8Array(256).fill(7)).subarray(0, 100));
  }
  assert.equal((await server.logged("client-failed", 2)).code, "truncated");
  await assertServes(server.port);
});

Deno.test("ddes documented: nobody is taken his own messages from, or an opcode that belongs elsewhere", async () => {
  await using server = await startServer(ddes);
  using client = await established(server.port);
  const { peer, channel, token } = client;
  await peer.write(channel.seal(Opcode.aggregate, token));
  const answer = await peer.frame();
  await peer.write(encodeFrame(answer));
  assert.equal((await server.logged("discarded")).reason, "its HMAC is wrong");
  await peer.write(channel.seal(Opcode.sessionToken, token));
  assert.equal((await peer.recv()).length, 0);
  assert.equal((await server.logged("disconnected")).reason, "opcode 20 does not belong here");
  await assertServes(server.port);
});

/** A client of the original dialect with its keys. */
async function originalClient(port: number): Promise<{ peer: RawPeer; suite: Suite }> {
  const peer = await RawPeer.connect(port);
  const { modulus, generator } = parseDhParameters(await peer.text());
  const keys = DhKeyPair.generate(defineDhGroup(modulus, generator), systemRandom);
  await peer.write(formatDhPublicKey(keys.group, keys.publicValue));
  const suite = new Suite(keys.computeSecret(parseDhPublicKey(await peer.text()).value));
  await peer.exactly(44 + 64);
  return { peer, suite };
}

Deno.test("ddes original: a replay is taken, as the published server takes it; a second client has a sum of its own", async () => {
  await using server = await startServer(ddes, { dialect: "original" });
  const { peer, suite } = await originalClient(server.port);
  using _ = peer;
  const request = encodeRequest(suite, "3");
  await peer.write(concatBytes(request, request, encodeRequest(suite, "sum")));
  assert.deepEqual(await peer.recv(), encodeReply(suite, "6.0"));
  const second = await originalClient(server.port);
  using __ = second.peer;
  await second.peer.write(encodeRequest(second.suite, "sum"));
  assert.deepEqual(await second.peer.recv(), encodeReply(second.suite, "0"));
});

Deno.test("ddes original: keys that are none, and clients that go in the exchange, disturb nobody", async () => {
  await using server = await startServer(ddes, { dialect: "original" });
  const keys: [code: string, key: (pem: string) => string][] = [
    ["pem-malformed", () => "x".repeat(5000)],
    ["pem-malformed", () => "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n"],
    ["der-malformed", () => "-----BEGIN PUBLIC KEY-----\nBAA=\n-----END PUBLIC KEY-----\n"],
    ["dh-value-refused", (pem) => publicKey(pem, 1n)],
    ["dh-value-refused", (pem) => publicKey(pem, parseDhParameters(pem).modulus + 5n)],
    ["truncated", (pem) => publicKey(pem, 5n).slice(0, 80)],
  ];
  for (const [index, [code, key]] of keys.entries()) {
    {
      using peer = await RawPeer.connect(server.port);
      await peer.write(key(await peer.text()));
      if (code !== "truncated") assert.equal((await peer.recv()).length, 0, code);
    }
    assert.equal((await server.logged("client-failed", index + 1)).code, code);
  }
  const { peer, suite } = await originalClient(server.port);
  using _ = peer;
  await peer.write(encodeRequest(suite, "sum"));
  assert.deepEqual(await peer.recv(), encodeReply(suite, "0"));
});

function publicKey(parametersPem: string, value: bigint): string {
  const { modulus, generator } = parseDhParameters(parametersPem);
  return formatDhPublicKey(defineDhGroup(modulus, generator), encodeBigInteger(value));
}
