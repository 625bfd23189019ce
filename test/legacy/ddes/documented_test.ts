import assert from "node:assert/strict";
import { encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { dhGroup14, DhKeyPair, encodeFrame, type SealedMessage } from "../../../lib/legacy/core/mod.ts";
import { AwaitingProof, encodeKeyStep, Opcode } from "../../../lib/legacy/ddes/messages.ts";
import { ddes } from "../../../lib/legacy/ddes/mod.ts";
import { decodeText } from "../../../lib/legacy/ddes/suite.ts";
import { environment, startServer } from "../support/environment.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";

function client(port: number, console: ScriptedConsole) {
  const signal = new AbortController().signal;
  return { ...environment(), hostname: "127.0.0.1", port, user: undefined, console, signal };
}

/** A client that can send what ours does not. */
async function handshake(port: number) {
  const peer = await RawPeer.connect(port);
  const keys = DhKeyPair.generate(dhGroup14(), systemRandom);
  const awaitingProof = new AwaitingProof(keys, "client", await peer.frame());
  await peer.write(encodeKeyStep(keys.publicValue));
  const channel = awaitingProof.receive(await peer.frame());
  await peer.write(awaitingProof.proof);
  const { opcode, content: token } = channel.open(await peer.frame()) as SealedMessage;
  assert.equal(opcode, Opcode.sessionToken);
  const sum = async () => {
    await peer.write(channel.seal(Opcode.aggregate, token));
    return decodeText((channel.open(await peer.frame()) as SealedMessage).content);
  };
  return { peer, channel, token, sum };
}

Deno.test("ddes documented", async (t) => {
  await using server = await startServer(ddes);

  await t.step("the sum is over all clients, and answers have any length", async () => {
    const one = new ScriptedConsole("5", "0.25", "sum"), two = new ScriptedConsole();
    const sessions = [ddes.connect(client(server.port, one)), ddes.connect(client(server.port, two))];
    assert.equal((await one.shown("sum")).sum, "5.25");
    two.type("1234567890.5", "sum", "exit");
    assert.equal((await two.shown("sum")).sum, "1234567895.75");
    one.end();
    await Promise.all(sessions);
    await ddes.send!({
      ...client(server.port, one),
      to: undefined,
      text: "0.25",
      password: never,
      show: () => {},
    });
    const { peer, sum } = await handshake(server.port);
    using _ = peer;
    assert.equal(await sum(), "1234567896.0");
  });

  await t.step("a replay is discarded and logged", async () => {
    const { peer, channel, token, sum } = await handshake(server.port);
    using _ = peer;
    const before = Number(await sum());
    const message = channel.seal(Opcode.data, token, encodeUtf8("3"));
    await peer.write(message);
    await peer.write(message);
    assert.equal(Number(await sum()), before + 3);
    assert.equal((await server.logged("discarded", 1)).reason, "it is a replay");
  });

  await t.step("tampering is discarded and logged", async () => {
    const { peer, channel, token, sum } = await handshake(server.port);
    using _ = peer;
    const before = await sum();
    const message = channel.seal(Opcode.data, token, encodeUtf8("3"));
    message[20] = message[20]! ^ 1;
    await peer.write(message);
    await peer.write(encodeFrame(new Uint8Array(5)));
    assert.equal(await sum(), before);
    assert.equal((await server.logged("discarded", 2)).reason, "its HMAC is wrong");
    assert.equal((await server.logged("discarded", 3)).reason, "it is malformed");
  });

  await t.step("a wrong token disconnects", async () => {
    const { peer, channel } = await handshake(server.port);
    using _ = peer;
    await peer.write(channel.seal(Opcode.data, new Uint8Array(8), encodeUtf8("3")));
    assert.equal((await peer.recv()).length, 0);
    assert.equal((await server.logged("disconnected")).reason, "the session token is wrong");
  });

  await t.step(
    "an oversized frame, a degenerate value and a wrong proof end that connection only",
    async () => {
      using large = await RawPeer.connect(server.port);
      await large.frame();
      await large.write(Uint8Array.of(0x7f, 0xff, 0xff, 0xff));
      assert.equal((await server.logged("client-failed", 1)).code, "frame-too-large");
      using degenerate = await RawPeer.connect(server.port);
      await degenerate.frame();
      await degenerate.write(encodeKeyStep(new Uint8Array(256).fill(0, 0, 255).with(255, 1)));
      assert.equal((await server.logged("client-failed", 2)).code, "dh-value-refused");
      using liar = await RawPeer.connect(server.port);
      await liar.frame();
      await liar.write(encodeKeyStep(DhKeyPair.generate(dhGroup14(), systemRandom).publicValue));
      await liar.frame();
      await liar.write(encodeKeyStep(new Uint8Array(32)));
      assert.equal((await server.logged("client-failed", 3)).code, "key-proof-wrong");
      const { peer, sum } = await handshake(server.port);
      using _ = peer;
      assert.match(await sum(), /^\d/);
    },
  );
});

Deno.test("a client of ddes learns that the server has gone", async () => {
  const server = await startServer(ddes);
  const console = new ScriptedConsole("sum");
  const session = ddes.connect(client(server.port, console));
  await console.shown("sum");
  await server[Symbol.asyncDispose]();
  console.type("sum");
  await assert.rejects(session, { code: "server-gone" });
});

function never(): never {
  throw new Error("nobody asks for a password");
}
