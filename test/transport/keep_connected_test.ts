import assert from "node:assert/strict";
import type { ParleyError } from "../../lib/errors/mod.ts";
import { type ClientConnection, dial, keepConnected, listen } from "../../lib/transport/mod.ts";
import { fingerprintOf } from "../support/certificates.ts";
import { answering, askEcho, connectTo, echo, startRelay, testNetwork } from "./network.ts";

const quick = { firstMs: 4, maxMs: 20 };

/** Resolves with each connection in turn. */
function connections() {
  const got: ClientConnection[] = [];
  const waiting: (() => void)[] = [];
  return {
    onConnection: (connection: ClientConnection) => {
      got.push(connection);
      waiting.splice(0).forEach((resolve) => resolve());
    },
    async at(index: number): Promise<ClientConnection> {
      while (got.length <= index) await new Promise<void>((resolve) => waiting.push(resolve));
      return got[index]!;
    },
  };
}

Deno.test("keepConnected() connects again after the relay restarts, and waits longer and longer meanwhile", async () => {
  const { ca, relay: identity } = await testNetwork();
  const first = await startRelay();
  const port = first.port;
  const controller = new AbortController();
  const seen = connections();
  const waits: [string | undefined, number][] = [];
  let waitedThrice = () => {};
  const thrice = new Promise<void>((resolve) => waitedThrice = resolve);
  const kept = keepConnected({
    connect: (signal) => connectTo({ port }, { signal }),
    onConnection: seen.onConnection,
    onWaiting: (error, delayMs) => {
      if (waits.push([error?.code, delayMs]) === 3) waitedThrice();
    },
    signal: controller.signal,
    backoff: { ...quick, random: () => 0.5 },
  });
  assert.equal(await askEcho(await seen.at(0), 1), 1);
  await first.listener.close();
  await thrice;
  const second = await listen({
    hostname: "127.0.0.1",
    port,
    identity,
    clientAuthorities: ca.authoritiesPem,
    checkClient: ca.check("client"),
    onConnection: (connection) => connection.handle(answering(echo)),
  });
  assert.equal(await askEcho(await seen.at(1), 2), 2);
  controller.abort();
  await kept;
  await (await seen.at(1)).closed;
  await second.close();
  assert.deepEqual(waits.slice(0, 3), [[undefined, 3], ["connect-failed", 6], ["connect-failed", 12]]);
});

Deno.test("keepConnected() stops when the relay says that the certificate is revoked", async () => {
  const { ca, alice } = await testNetwork();
  const check = ca.check("client", new Set([fingerprintOf(alice)]));
  await using relay = await startRelay(echo, { checkClient: check });
  let waits = 0;
  const kept = keepConnected({
    connect: (signal) => connectTo(relay, { signal }),
    onConnection: () => {},
    onWaiting: () => waits++,
    signal: new AbortController().signal,
    backoff: quick,
  });
  await assert.rejects(kept, { code: "certificate-revoked" });
  assert.equal(waits, 0);
});

Deno.test("keepConnected() stops when the relay is not to be trusted", async () => {
  const { alice } = await testNetwork();
  await using relay = await startRelay(echo, { identity: alice });
  const kept = keepConnected({
    connect: (signal) => connectTo(relay, { signal }),
    onConnection: () => {},
    signal: new AbortController().signal,
  });
  await assert.rejects(kept, { code: "certificate-usage" });
});

Deno.test("keepConnected() ends while it waits or connects when its signal aborts", async () => {
  const controller = new AbortController();
  const dialled: ParleyError[] = [];
  await keepConnected({
    connect: async (signal) => {
      const { ca } = await testNetwork();
      return dial({ host: "127.0.0.1", port: 1, checkServer: ca.check("server"), signal });
    },
    onConnection: () => {},
    onWaiting: (error) => {
      dialled.push(error!);
      controller.abort();
    },
    signal: controller.signal,
    backoff: { firstMs: 60_000, maxMs: 60_000 },
  });
  assert.deepEqual(dialled.map((error) => error.code), ["connect-failed"]);
});

Deno.test("keepConnected() closes the connection and rejects when its owner fails", async () => {
  await using relay = await startRelay();
  const broken = new Error("broken");
  const kept = keepConnected({
    connect: (signal) => connectTo(relay, { signal }),
    onConnection: () => Promise.reject(broken),
    signal: new AbortController().signal,
  });
  await assert.rejects(kept, broken);
  assert.equal(await (await relay.connection(0)).closed, undefined);
});
