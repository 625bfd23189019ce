import assert from "node:assert/strict";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { spawn } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { AuthenticationError, NetworkError, ProtocolError, TimeoutError } from "../../lib/errors/mod.ts";
import { makeTestCa } from "../support/certificates.ts";
import { connectTo, echo, startRelay, testNetwork } from "./network.ts";

Deno.test("dial() refuses a relay whose certificate the check refuses, before anything is sent", async () => {
  const foreign = await (await makeTestCa("Foreign")).server(["127.0.0.1"]);
  await using relay = await startRelay(echo, { identity: foreign });
  await assert.rejects(connectTo(relay), (error) => {
    return error instanceof AuthenticationError && error.code === "certificate-untrusted";
  });
});

Deno.test("dial() refuses a device's certificate shown by a relay", async () => {
  const { alice } = await testNetwork();
  await using relay = await startRelay(echo, { identity: alice });
  await assert.rejects(connectTo(relay), { code: "certificate-usage" });
});

Deno.test("dial() with a deferred check asks hello only until the relay is verified", async () => {
  const { ca } = await testNetwork();
  await using relay = await startRelay();
  await using client = await connectTo(relay, { identity: undefined, checkServer: "deferred" });
  assert.equal(client.peer, undefined);
  const begin = { csr: new Uint8Array([1]), token: new Uint8Array(16), user: "bob", device: "laptop" };
  await assert.rejects(client.request("enroll-begin", begin), { code: "relay-not-verified" });
  assert.equal((await client.request("hello", { version: 1, agent: "x" })).agent, "test");
  const peer = await client.verifyPeer(ca.check("server"));
  assert.equal(client.peer, peer);
  await assert.rejects(client.request("enroll-begin", begin), { code: "not-supported" });
});

Deno.test("dial() with a deferred check closes the connection when the relay turns out foreign", async () => {
  const foreign = await makeTestCa("Foreign");
  await using relay = await startRelay();
  await using client = await connectTo(relay, { identity: undefined, checkServer: "deferred" });
  await assert.rejects(client.verifyPeer(foreign.check("server")), { code: "certificate-untrusted" });
  assert.equal((await client.closed)?.code, "certificate-untrusted");
  assert.equal((await (await relay.connection(0)).closed)?.code, "certificate-untrusted");
});

Deno.test("dial() reports that nobody listens", async () => {
  const relay = await startRelay();
  await relay.listener.close();
  await assert.rejects(connectTo(relay), (error) => {
    return error instanceof NetworkError && error.code === "connect-failed" && error.hint !== undefined;
  });
});

Deno.test("dial() gives up on a server that accepts and says nothing", async () => {
  await using silent = await startTcp(() => {});
  await assert.rejects(connectTo(silent, { handshakeTimeoutMs: 50 }), TimeoutError);
});

Deno.test("dial() gives up when its signal aborts", async () => {
  await using silent = await startTcp(() => {});
  const controller = new AbortController();
  const dialled = connectTo(silent, { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(dialled, reason);
  await assert.rejects(connectTo(silent, { signal: controller.signal }), reason);
});

Deno.test("dial() gives up on a check that does not end", async () => {
  await using relay = await startRelay();
  const checkServer = () => new Promise<never>(() => {});
  await assert.rejects(connectTo(relay, { checkServer, handshakeTimeoutMs: 60 }), TimeoutError);
});

Deno.test("dial() reports a server that does not speak TLS, and one that hangs up", async () => {
  await using http = await startTcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await assert.rejects(
    connectTo(http),
    (error) => error instanceof ProtocolError && error.code === "tls-failed",
  );
  await using rude = await startTcp((socket) => socket.destroy());
  await assert.rejects(connectTo(rude), NetworkError);
});

for (
  const options of [{ ALPNProtocols: ["h2"] }, { ALPNProtocols: [] }, { maxVersion: "TLSv1.2" as const }]
) {
  Deno.test(`dial() refuses a TLS server with ${JSON.stringify(options)}`, async () => {
    const { relay: identity } = await testNetwork();
    const server = createTlsServer({ key: identity.keyPem, cert: identity.certificatesPem, ...options });
    server.on("secureConnection", (socket) => socket.on("error", () => {}).resume());
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
    await assert.rejects(connectTo({ port }), { code: "tls-failed" });
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
}

Deno.test("dial() refuses an identity whose key belongs to another certificate", async () => {
  const { alice, relay: other } = await testNetwork();
  const identity = { keyPem: other.keyPem, certificatesPem: alice.certificatesPem };
  await assert.rejects(connectTo({ port: 1 }, { identity }), { code: "identity-unusable" });
});

// With rejectUnauthorized false a runtime might skip the proof that the other end holds its key; then anybody
// could show anybody's certificate. The forged key has the public half of a real one and another private half.
Deno.test("dial() refuses a server that shows a certificate whose key it does not hold", async () => {
  await using files = await forgedIdentity();
  for (const [key, refused] of [[files.realKey, false], [files.forgedKey, true]] as const) {
    const command = ["s_server", "-accept", "127.0.0.1:0", "-cert", files.certificate, "-key", key];
    const server = spawn("openssl", [...command, "-tls1_3", "-alpn", "parley/1"]);
    const port = await acceptedPort(server.stdout);
    const check = files.ca.check("server");
    const dialled = connectTo({ port }, { identity: undefined, checkServer: check }).then((it) => it.close());
    if (refused) await assert.rejects(dialled, { code: "relay-key-unproven" });
    else await dialled;
    const exited = new Promise((resolve) => server.once("close", resolve));
    server.kill();
    await exited;
  }
});

Deno.test("listen() refuses a client that shows a certificate whose key it does not hold", async () => {
  await using files = await forgedIdentity();
  await using relay = await startRelay(echo, { checkClient: files.ca.check("server") });
  for (const key of [files.forgedKey, files.realKey]) {
    const command = [
      "s_client",
      "-connect",
      `127.0.0.1:${relay.port}`,
      "-cert",
      files.certificate,
      "-key",
      key,
    ];
    const client = spawn("openssl", [...command, "-tls1_3", "-alpn", "parley/1", "-quiet"]);
    client.stderr.resume();
    client.stdout.resume();
    const exited = new Promise((resolve) => client.once("close", resolve));
    if (key === files.forgedKey) await exited;
    else await (await relay.connection(0)).close();
    client.kill();
    await exited;
    assert.equal(relay.connections.length, key === files.forgedKey ? 0 : 1);
  }
});

/** A TCP server on 127.0.0.1. */
async function startTcp(onSocket: (socket: import("node:net").Socket) => void) {
  const sockets = new Set<import("node:net").Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

/** Waits until `openssl s_server` says where it listens. */
async function acceptedPort(output: AsyncIterable<Uint8Array>): Promise<number> {
  let text = "";
  for await (const chunk of output) {
    text += new TextDecoder().decode(chunk);
    const port = text.match(/^ACCEPT 127\.0\.0\.1:(\d+)$/m)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`openssl did not listen: ${text}`);
}

/** A P-256 certificate with its key, and a key file that claims the same public half over another private one. */
async function forgedIdentity() {
  const ca = await makeTestCa();
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const identity = await ca.server(["127.0.0.1"], { keys });
  const folder = await Deno.makeTempDir();
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
    return `${folder}/${name}`;
  };
  // SEC1 (RFC 5915): SEQUENCE, version 1, OCTET STRING of the 32 private bytes from offset 7, …, public key.
  const real = new Uint8Array(createPrivateKey(identity.keyPem).export({ type: "sec1", format: "der" }));
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const forged = real.slice();
  forged.set(new Uint8Array(stranger.export({ type: "sec1", format: "der" })).subarray(7, 39), 7);
  const lines = forged.toBase64().match(/.{1,64}/g)!.join("\n");
  return {
    ca,
    certificate: await write("certificate.pem", identity.certificatesPem),
    realKey: await write("real.pem", identity.keyPem),
    forgedKey: await write(
      "forged.pem",
      `-----BEGIN EC PRIVATE KEY-----\n${lines}\n-----END EC PRIVATE KEY-----\n`,
    ),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
