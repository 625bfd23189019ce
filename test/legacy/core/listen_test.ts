import assert from "node:assert/strict";
import {
  assertListenAddress,
  isLoopback,
  listenRaw,
  type RawListenerOptions,
  Roster,
} from "../../../lib/legacy/core/mod.ts";
import { RawPeer } from "../support/raw_peer.ts";

Deno.test("assertListenAddress() takes loopback only unless the operator insists", () => {
  for (const host of ["127.0.0.1", "127.255.0.9", "localhost", "::1", "[::1]"]) {
    assertListenAddress(host, false);
  }
  for (
    const host of ["0.0.0.0", "::", "192.168.1.2", "127.0.0.1.example.org", "127.0.0.256", "example.org", ""]
  ) {
    assert.ok(!isLoopback(host));
    assert.throws(() => assertListenAddress(host, false), { code: "insecure-address" });
    assertListenAddress(host, true);
  }
});

Deno.test("Roster gives a name to the first who takes it, until that one leaves", () => {
  const roster = new Roster<object>();
  const first = {}, second = {};
  assert.ok(roster.join("alice", first));
  assert.ok(!roster.join("alice", second));
  assert.ok(!roster.leave("alice", second));
  assert.equal(roster.find("alice"), first);
  assert.ok(roster.leave("alice", first));
  assert.ok(roster.join("alice", second));
  assert.ok(roster.join("bob", first));
  assert.deepEqual([roster.names(), [...roster.others(first)], roster.size], [["alice", "bob"], [second], 2]);
});

Deno.test("listenRaw() survives what a conversation throws, bounds connections and closes", async () => {
  const failures: string[] = [];
  const failed = Promise.withResolvers<void>();
  const options: RawListenerOptions = {
    hostname: "127.0.0.1",
    ports: [0, 0],
    gapMs: 0,
    maxMessageBytes: 100,
    maxConnections: 1,
    async converse({ reader, writer }) {
      const message = await reader.read((bytes) => ({ message: bytes[0], size: bytes.length }));
      if (message === 0x21) throw new Error("on purpose");
      writer.write(Uint8Array.of(0x3f));
    },
    onFailure(_connection, error) {
      failures.push(error.code);
      failed.resolve();
    },
  };
  const server = listenRaw(options);
  const [first, second] = server.addresses;
  assert.equal(server.addresses.length, 2);
  {
    using peer = await RawPeer.connect(first!.port);
    await peer.write("!");
    assert.equal((await peer.recv()).length, 0);
    await failed.promise;
    assert.deepEqual(failures, ["internal"]);
  }
  using held = await RawPeer.connect(second!.port);
  await held.write("?");
  assert.equal(await held.text(), "?");
  using open = await RawPeer.connect(first!.port);
  using refused = await RawPeer.connect(second!.port);
  assert.equal((await refused.recv()).length, 0);
  await server.close();
  assert.equal((await open.recv()).length, 0);
  await assert.rejects(RawPeer.connect(first!.port));
  assert.throws(() => listenRaw({ ...options, hostname: "192.0.2.1" }), { code: "listen-failed" });
});
