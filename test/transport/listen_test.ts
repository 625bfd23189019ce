import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { AuthenticationError, NetworkError, ParleyError } from "../../lib/errors/mod.ts";
import { listen } from "../../lib/transport/mod.ts";
import { fingerprintOf, makeTestCa } from "../support/certificates.ts";
import { askEcho, connectRaw, connectTo, echo, goodbyeCode, startRelay, testNetwork } from "./network.ts";

Deno.test("listen() admits a device by its certificate and both ends know each other", async () => {
  const { relay: relayIdentity, alice } = await testNetwork();
  await using relay = await startRelay();
  await using client = await connectTo(relay);
  assert.equal(await askEcho(client, 42), 42);
  const served = await relay.connection(0);
  assert.deepEqual(served.peer?.device, { user: "alice", device: "laptop" });
  assert.equal(served.peer?.fingerprint, fingerprintOf(alice));
  assert.equal(client.peer?.fingerprint, fingerprintOf(relayIdentity));
  assert.equal(client.peerChain.length >= 2, true);
  assert.equal(relay.listener.connections, 1);
});

Deno.test("listen() refuses TLS 1.2", async () => {
  await using relay = await startRelay();
  await assert.rejects(connectRaw(relay, undefined, { maxVersion: "TLSv1.2" }), { code: /ERR_SSL/ });
  assert.equal(relay.connections.length, 0);
});

Deno.test("listen() refuses another ALPN and none at all", async () => {
  await using relay = await startRelay();
  await assert.rejects(connectRaw(relay, undefined, { ALPNProtocols: ["h2"] }), { code: /NO_APPLICATION/ });
  const client = await connectRaw(relay, undefined, { ALPNProtocols: [] });
  assert.deepEqual(await client.frames, []);
  assert.equal(relay.connections.length, 0);
});

Deno.test("listen() tells a foreign, an expired and a revoked client why it is refused", async () => {
  const { ca, alice } = await testNetwork();
  const foreign = await (await makeTestCa("Foreign")).device("alice", "laptop");
  const expired = await ca.device("alice", "laptop", { notAfter: new Date(Date.now() - 1000) });
  await using relay = await startRelay(echo, {
    checkClient: ca.check("client", new Set([fingerprintOf(alice)])),
  });
  const cases = [[foreign, "untrusted"], [expired, "expired"], [alice, "revoked"]] as const;
  for (const [identity, code] of cases) {
    await using client = await connectTo(relay, { identity });
    const asked = assert.rejects(askEcho(client, 1), { code: `certificate-${code}` });
    const reason = await client.closed;
    assert(reason instanceof AuthenticationError, code);
    assert.equal(reason.code, `certificate-${code}`);
    await asked;
  }
  assert.equal(relay.connections.length, 0);
  assert.deepEqual(relay.internalErrors, []);
});

Deno.test("listen() says only that it failed when the check of a client breaks", async () => {
  const broken = new TypeError("secret detail");
  await using relay = await startRelay(echo, { checkClient: () => Promise.reject(broken) });
  await using client = await connectTo(relay);
  const reason = await client.closed;
  assert.equal(reason?.kind, "internal");
  assert.doesNotMatch(reason?.message ?? "", /secret/);
  assert.deepEqual(relay.internalErrors, [broken]);
});

Deno.test("listen() lets an anonymous client ask for enrolling only, in small frames", async () => {
  await using relay = await startRelay();
  await using client = await connectTo(relay, { identity: undefined });
  assert.equal((await relay.connection(0)).peer, undefined);
  assert.equal((await client.request("hello", { version: 1, agent: "x" })).agent, "test");
  await assert.rejects(askEcho(client, 1), { code: "certificate-required" });
  await client.request("hello", { version: 1, agent: "still alive" });
  const raw = await connectRaw(relay, null);
  raw.socket.write(new Uint8Array([0, 0, 0x40, 0x01, 1]));
  assert.equal(await goodbyeCode(raw), "frame-too-large");
});

Deno.test("listen() ends an anonymous connection after its lifetime", async () => {
  await using relay = await startRelay(echo, { limits: { anonymousLifetimeMs: 60 } });
  await using client = await connectTo(relay, { identity: undefined });
  assert.equal((await client.closed)?.code, "anonymous-expired");
});

Deno.test("listen() bounds anonymous connections and tells the one too many", async () => {
  await using relay = await startRelay(echo, { limits: { maxAnonymousConnections: 1 } });
  await using _first = await connectTo(relay, { identity: undefined });
  await relay.connection(0);
  await using second = await connectTo(relay, { identity: undefined });
  assert.equal((await second.closed)?.code, "too-many-connections");
  await using device = await connectTo(relay);
  assert.equal(await askEcho(device, 1), 1);
});

for (const limit of ["maxConnections", "maxConnectionsPerAddress"] as const) {
  Deno.test(`listen() cuts off what is beyond ${limit} and takes others when one has gone`, async () => {
    await using relay = await startRelay(echo, { limits: { [limit]: 1 } });
    const first = await connectTo(relay);
    await assert.rejects(connectTo(relay), NetworkError);
    await first.close();
    await (await relay.connection(0)).closed;
    await using second = await connectTo(relay);
    assert.equal(await askEcho(second, 1), 1);
  });
}

Deno.test("listen() cuts off a handshake that stalls", async () => {
  await using relay = await startRelay(echo, { limits: { handshakeTimeoutMs: 80 } });
  const socket = connectTcp(relay.port, "127.0.0.1");
  const began = performance.now();
  socket.once("connect", () => socket.write(new Uint8Array([22, 3, 1, 2, 0])));
  socket.on("error", () => {});
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
  assert(performance.now() - began < 2_000);
  await relay.listener.close();
  assert.equal(relay.listener.connections, 0);
});

Deno.test("listen() cuts off a client whose check does not end in time", async () => {
  await using relay = await startRelay(echo, {
    checkClient: () => new Promise(() => {}),
    limits: { handshakeTimeoutMs: 80 },
  });
  await using client = await connectTo(relay);
  assert((await client.closed) === undefined || (await client.closed) instanceof NetworkError);
  assert.equal(relay.connections.length, 0);
});

Deno.test("listen() survives garbage instead of a handshake and resets during it", async () => {
  await using relay = await startRelay();
  const closed = Array.from({ length: 8 }, (_, i) => {
    const socket = connectTcp(relay.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.once("connect", () => {
      socket.write(i % 2 ? "GET / HTTP/1.1\r\n\r\n" : crypto.getRandomValues(new Uint8Array(100 + i)));
      if (i % 3 === 0) socket.resetAndDestroy();
      else socket.end();
    });
    return new Promise((resolve) => socket.once("close", resolve));
  });
  await Promise.all(closed);
  await using client = await connectTo(relay);
  assert.equal(await askEcho(client, 1), 1);
});

Deno.test("Listener.setIdentity() shows the new certificate and drops no connection", async () => {
  const { ca } = await testNetwork();
  await using relay = await startRelay();
  await using before = await connectTo(relay);
  const renewed = await ca.server(["127.0.0.1"]);
  relay.listener.setIdentity(renewed);
  await using after = await connectTo(relay);
  assert.equal(after.peer?.fingerprint, fingerprintOf(renewed));
  assert.equal(await askEcho(before, 1), 1);
  assert.equal(await askEcho(after, 2), 2);
  assert.equal((await relay.connection(1)).peer?.device?.user, "alice");
});

Deno.test("Listener.setIdentity() refuses a key that does not belong to the certificate", async () => {
  const { alice, relay: identity } = await testNetwork();
  await using relay = await startRelay();
  const mixed = { keyPem: alice.keyPem, certificatesPem: identity.certificatesPem };
  assert.throws(() => relay.listener.setIdentity(mixed), { code: "identity-unusable" });
  assert.throws(() => relay.listener.setIdentity({ keyPem: "", certificatesPem: "" }), {
    code: "identity-unusable",
  });
  await using client = await connectTo(relay);
  assert.equal(await askEcho(client, 1), 1);
});

Deno.test("Listener.close() says goodbye with its reason and is done when all are gone", async () => {
  await using relay = await startRelay();
  await using client = await connectTo(relay);
  await relay.connection(0);
  await relay.listener.close(new NetworkError("relay-stopping", "the relay is stopping"));
  assert.equal((await client.closed)?.code, "relay-stopping");
  assert.equal(relay.listener.connections, 0);
});

Deno.test("listen() reports a port that is taken", async () => {
  const { ca, relay: identity } = await testNetwork();
  await using relay = await startRelay();
  await assert.rejects(
    listen({
      hostname: "127.0.0.1",
      port: relay.port,
      identity,
      clientAuthorities: ca.authoritiesPem,
      checkClient: ca.check("client"),
      onConnection: () => {},
    }),
    { code: "listen-failed" },
  );
});

Deno.test("listen() closes a connection whose owner throws on receiving it", async () => {
  const broken = new Error("broken");
  await using relay = await startRelay(echo, {
    onConnection: () => {
      throw broken;
    },
  });
  await using client = await connectTo(relay);
  const reason = await client.closed;
  assert(reason instanceof ParleyError);
  assert.equal(reason.kind, "internal");
  assert.deepEqual(relay.internalErrors, [broken]);
});
