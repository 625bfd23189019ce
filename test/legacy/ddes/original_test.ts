import assert from "node:assert/strict";
import { concatBytes, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import {
  defineDhGroup,
  DhKeyPair,
  encodeBigInteger,
  formatDhParameters,
  formatDhPublicKey,
  parseDhParameters,
  parseDhPublicKey,
} from "../../../lib/legacy/core/mod.ts";
import { ddes } from "../../../lib/legacy/ddes/mod.ts";
import { encodeRequest } from "../../../lib/legacy/ddes/original_messages.ts";
import { Suite } from "../../../lib/legacy/ddes/suite.ts";
import { environment, startServer } from "../support/environment.ts";
import { pause, RawPeer, RawServer } from "../support/raw_peer.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";
import { readVectors } from "../support/vectors.ts";

const vectors = readVectors<Record<string, string>>("ddes");
const vectorGroup = () => {
  const { modulus, generator } = parseDhParameters(vectors.params_pem!);
  return defineDhGroup(modulus, generator);
};

/** A published client: each `recv` has to bring exactly one message. */
class PublishedClient implements Disposable {
  readonly #peer: RawPeer;
  readonly suite: Suite;

  private constructor(peer: RawPeer, suite: Suite) {
    this.#peer = peer;
    this.suite = suite;
  }

  static async connect(port: number): Promise<PublishedClient> {
    const peer = await RawPeer.connect(port);
    const { modulus, generator } = parseDhParameters(await peer.text());
    const group = defineDhGroup(modulus, generator);
    const keys = DhKeyPair.generate(group, systemRandom);
    await peer.write(formatDhPublicKey(group, keys.publicValue));
    const suite = new Suite(keys.computeSecret(parseDhPublicKey(await peer.text()).value));
    assert.deepEqual(JSON.parse(await peer.text()), { opcode: 10, status: "Keys established" });
    assert.deepEqual(await peer.recv(), suite.sealSessionId());
    return new PublishedClient(peer, suite);
  }

  request(text: string): Uint8Array {
    return encodeRequest(this.suite, text);
  }

  async sum(): Promise<string> {
    await this.#peer.write(this.request("sum"));
    return await this.reply();
  }

  async reply(): Promise<string> {
    const reply = await this.#peer.recv();
    const sealed = reply.subarray(0, -34);
    assert.ok(this.suite.mac.verify(sealed, reply.subarray(-32)), "the answer's HMAC is right");
    return new TextDecoder().decode(this.suite.decrypt(sealed)).trimEnd();
  }

  get peer(): RawPeer {
    return this.#peer;
  }

  [Symbol.dispose](): void {
    this.#peer[Symbol.dispose]();
  }
}

Deno.test("ddes original: a published client is served", async (t) => {
  await using server = await startServer(ddes, { dialect: "original" });

  await t.step("numbers are added up for each client", async () => {
    using one = await PublishedClient.connect(server.port);
    using two = await PublishedClient.connect(server.port);
    assert.equal(await one.sum(), "0");
    await one.peer.write(one.request("5"));
    await pause(5);
    await one.peer.write(one.request("7.5"));
    await two.peer.write(two.request("100"));
    assert.equal(await one.sum(), "12.5");
    assert.equal(await two.sum(), "100.0");
    await one.peer.write(one.request("exit"));
    assert.equal((await one.peer.recv()).length, 0);
  });

  await t.step("writes may be split at every byte, and joined", async () => {
    using client = await PublishedClient.connect(server.port);
    const request = client.request("1");
    for (let at = 1; at < request.length; at++) await client.peer.writeSplit(request, at, 0);
    assert.equal(await client.sum(), `${request.length - 1}.0`);
    await client.peer.write(concatBytes(client.request("1"), client.request("-1"), client.request("sum")));
    assert.equal(await client.reply(), `${request.length - 1}.0`);
  });

  await t.step("a wrong HMAC is discarded and logged", async () => {
    using client = await PublishedClient.connect(server.port);
    for (const at of [0, 107]) {
      const tampered = client.request("5");
      tampered[at] = tampered[at]! ^ 1;
      await client.peer.write(tampered);
    }
    await client.peer.write(client.request("not a number"));
    assert.equal(await client.sum(), "0");
    assert.equal((await server.logged("discarded", 2)).reason, "its HMAC is wrong");
    assert.equal((await server.logged("discarded", 3)).reason, "it is not a number");
  });

  await t.step("a wrong session id disconnects", async () => {
    using client = await PublishedClient.connect(server.port);
    const request = client.request("5");
    request[12] = request[12] === 0x30 ? 0x31 : 0x30;
    await client.peer.write(request);
    assert.equal((await client.peer.recv()).length, 0);
    assert.equal((await server.logged("disconnected")).reason, "the session id is wrong");
  });

  await t.step("oversized, truncated and degenerate input ends that connection only", async () => {
    using flood = await PublishedClient.connect(server.port);
    await flood.peer.write(new Uint8Array(2000).fill(0x61));
    assert.equal((await flood.peer.recv()).length, 0);
    assert.equal((await server.logged("client-failed", 1)).code, "request-malformed");
    {
      using cut = await PublishedClient.connect(server.port);
      await cut.peer.write(cut.request("5").subarray(0, 50));
    }
    assert.equal((await server.logged("client-failed", 2)).code, "truncated");
    using degenerate = await RawPeer.connect(server.port);
    const { modulus, generator } = parseDhParameters(await degenerate.text());
    const group = defineDhGroup(modulus, generator);
    await degenerate.write(formatDhPublicKey(group, encodeBigInteger(modulus - 1n)));
    assert.equal((await degenerate.recv()).length, 0);
    assert.equal((await server.logged("client-failed", 3)).code, "dh-value-refused");
    using other = await RawPeer.connect(server.port);
    await other.text();
    await other.write(vectors.client_public_pem!);
    assert.equal((await server.logged("client-failed", 4)).code, "dh-group-mismatch");
    using alive = await PublishedClient.connect(server.port);
    assert.equal(await alive.sum(), "0");
  });
});

/** What a published server writes to a client until the keys are established. */
async function publishedHandshake(
  peer: RawPeer,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<Suite> {
  const group = vectorGroup();
  const keys = DhKeyPair.generate(group, systemRandom);
  await write(encodeUtf8(formatDhParameters(group)));
  const suite = new Suite(keys.computeSecret(parseDhPublicKey(await peer.text()).value));
  await write(concatBytes(
    encodeUtf8(formatDhPublicKey(group, keys.publicValue)),
    encodeUtf8('{"opcode": 10, "status": "Keys established"}'),
    suite.sealSessionId(),
  ));
  return suite;
}

Deno.test("ddes original: our client works with a published server, whole and byte by byte", async () => {
  for (const pieces of [false, true]) {
    using server = new RawServer();
    const console = new ScriptedConsole("5", "nonsense", "sum", "exit");
    const session = ddes.connect({
      ...environment({ dialect: "original" }),
      hostname: "127.0.0.1",
      port: server.port,
      user: undefined,
      console,
      signal: new AbortController().signal,
    });
    using peer = await server.accept();
    const write = async (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; at += pieces ? 1 : bytes.length) {
        await peer.write(pieces ? bytes.subarray(at, at + 1) : bytes);
      }
    };
    const suite = await publishedHandshake(peer, write);
    assert.deepEqual(await peer.recv(), encodeRequest(suite, "5"), "each request is a write of its own");
    assert.deepEqual(await peer.recv(), encodeRequest(suite, "sum"));
    const sealed = suite.encrypt(encodeUtf8("1234567.125"));
    await write(concatBytes(sealed, encodeUtf8("::"), suite.mac.sign(sealed)));
    assert.deepEqual(await peer.recv(), encodeRequest(suite, "exit"));
    await session;
    assert.equal((await console.shown("sum")).sum, "1234567.125");
  }
});

Deno.test("ddes original: our client refuses a tampered answer and a degenerate group", async () => {
  const start = (server: RawServer) =>
    ddes.connect({
      ...environment({ dialect: "original" }),
      hostname: "127.0.0.1",
      port: server.port,
      user: undefined,
      console: new ScriptedConsole("sum"),
      signal: new AbortController().signal,
    });
  {
    using server = new RawServer();
    const session = assert.rejects(start(server), { code: "reply-tampered" });
    using peer = await server.accept();
    const suite = await publishedHandshake(peer, (bytes) => peer.write(bytes));
    await peer.recv();
    const sealed = suite.encrypt(encodeUtf8("1"));
    await peer.write(concatBytes(sealed, encodeUtf8("::"), new Uint8Array(32)));
    await session;
  }
  using server = new RawServer();
  const session = assert.rejects(start(server), { code: "dh-group-refused" });
  using peer = await server.accept();
  await peer.write(formatDhParameters(defineDhGroup((1n << 511n) + 1n, 2n)));
  await session;
});
