import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { NetworkError, ParleyError, TimeoutError } from "../../lib/errors/mod.ts";
import { encodeFrame, encodePush, encodeResponse, FrameDecoder, type Push } from "../../lib/wire/mod.ts";
import { askEcho, connectTo, echo, MAILBOX, startRelay, testNetwork } from "./network.ts";

/** A relay that answers every frame with the bytes that `answer` makes. */
async function startRawRelay(answer: (frame: { requestId: number }, socket: TLSSocket) => Uint8Array | void) {
  const { relay: identity } = await testNetwork();
  const server = createServer({
    key: identity.keyPem,
    cert: identity.certificatesPem,
    ALPNProtocols: ["parley/1"],
  });
  server.on("secureConnection", (socket) => {
    const decoder = new FrameDecoder(1e6);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Uint8Array) => {
      for (const frame of decoder.push(chunk)) {
        const bytes = answer(frame, socket);
        if (bytes) socket.write(bytes);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

Deno.test("ClientConnection.request() matches answers that come in another order", async () => {
  const held: (() => void)[] = [];
  await using relay = await startRelay({
    sync: ({ after }) =>
      new Promise((resolve) => {
        held.push(() => resolve({ entries: [], head: after, floor: 0 }));
        if (held.length === 10) held.reverse().forEach((release) => release());
      }),
  });
  await using client = await connectTo(relay);
  const numbers = Array.from({ length: 10 }, (_, i) => i * 3);
  assert.deepEqual(await Promise.all(numbers.map((n) => askEcho(client, n))), numbers);
});

Deno.test("ClientConnection.request() keeps order and loses nothing with far more than may be in flight", async () => {
  const seen: number[] = [];
  await using relay = await startRelay({
    ack: ({ seq }) => {
      seen.push(seq);
      return Promise.resolve({});
    },
  });
  await using client = await connectTo(relay, { limits: { maxRequestsInFlight: 8 } });
  const numbers = Array.from({ length: 2_000 }, (_, i) => i);
  await Promise.all(numbers.map((seq) => client.request("ack", { mailbox: MAILBOX, seq })));
  assert.deepEqual(seen, numbers);
});

Deno.test("ClientConnection.request() times out, and the late answer harms nothing", async () => {
  let release = () => {};
  await using relay = await startRelay({
    ...echo,
    ack: () => new Promise((resolve) => release = () => resolve({})),
  });
  await using client = await connectTo(relay);
  await assert.rejects(client.request("ack", { mailbox: MAILBOX, seq: 1 }, { timeoutMs: 30 }), TimeoutError);
  release();
  assert.equal(await askEcho(client, 5), 5);
});

Deno.test("ClientConnection.request() counts the wait for its turn towards the timeout", async () => {
  await using relay = await startRelay({ ack: () => new Promise(() => {}) }, {
    limits: { closeTimeoutMs: 30 },
  });
  await using client = await connectTo(relay, { limits: { maxRequestsInFlight: 1 } });
  const timeouts = [40, 20, 30].map((timeoutMs) =>
    assert.rejects(client.request("ack", { mailbox: MAILBOX, seq: 1 }, { timeoutMs }), TimeoutError)
  );
  await Promise.all(timeouts);
});

Deno.test("ClientConnection.request() gives up when its signal aborts", async () => {
  await using relay = await startRelay({ ...echo, ack: () => new Promise(() => {}) }, {
    limits: { closeTimeoutMs: 30 },
  });
  await using client = await connectTo(relay);
  const controller = new AbortController();
  const options = { signal: controller.signal };
  const reason = new Error("enough");
  const asked = assert.rejects(client.request("ack", { mailbox: MAILBOX, seq: 1 }, options), reason);
  controller.abort(reason);
  await asked;
  await assert.rejects(client.request("ack", { mailbox: MAILBOX, seq: 1 }, options), reason);
  assert.equal(await askEcho(client, 1), 1);
});

Deno.test("ClientConnection rejects what is pending when the relay vanishes, and what is asked later", async () => {
  await using relay = await startRawRelay((_frame, socket) => void socket.resetAndDestroy());
  await using client = await connectTo(relay);
  const asked = [1, 2, 3].map((n) => assert.rejects(askEcho(client, n), NetworkError));
  await Promise.all(asked);
  await client.closed;
  await assert.rejects(askEcho(client, 4), NetworkError);
});

Deno.test("ClientConnection rejects what is pending when it is closed here", async () => {
  await using relay = await startRelay({ ack: () => new Promise(() => {}) }, {
    limits: { closeTimeoutMs: 30 },
  });
  const client = await connectTo(relay);
  const asked = assert.rejects(client.request("ack", { mailbox: MAILBOX, seq: 1 }), {
    code: "connection-closed",
  });
  await client.close();
  await asked;
  assert.equal(await client.closed, undefined);
});

const wrong: [name: string, code: string, answer: (id: number) => Uint8Array][] = [
  ["an answer to no request", "unknown-request-id", (id) => response(id + 1)],
  [
    "two answers to one request",
    "unknown-request-id",
    (id) => new Uint8Array([...response(id), ...response(id)]),
  ],
  [
    "an answer of another form",
    "message-malformed",
    (id) =>
      encodeFrame({ type: "response", requestId: id, body: encodeResponse("append", { seq: 1, time: 1 }) }),
  ],
  [
    "an error that is malformed",
    "message-malformed",
    (id) => encodeFrame({ type: "error", requestId: id, body: new Uint8Array([0xa0]) }),
  ],
  [
    "a request",
    "unexpected-frame",
    (id) => encodeFrame({ type: "request", requestId: id, body: new Uint8Array() }),
  ],
  [
    "a push that is malformed",
    "message-malformed",
    () => encodeFrame({ type: "push", requestId: 0, body: new Uint8Array([0xa0]) }),
  ],
  ["a frame that is too large", "frame-too-large", () => new Uint8Array([0x7f, 0, 0, 0, 2])],
];
for (const [name, code, answer] of wrong) {
  Deno.test(`ClientConnection closes with ${code} upon ${name}`, async () => {
    await using relay = await startRawRelay((frame) => answer(frame.requestId));
    await using client = await connectTo(relay);
    const asked = askEcho(client, 1).catch((error) => error);
    assert.equal((await client.closed)?.code, code);
    const outcome = await asked;
    assert(typeof outcome === "number" || outcome instanceof ParleyError);
  });
}

function response(requestId: number): Uint8Array {
  const body = encodeResponse("sync", { entries: [], head: 1, floor: 0 });
  return encodeFrame({ type: "response", requestId, body });
}

Deno.test("ClientConnection.onPush() gets pushes in order, those from before it was set first", async () => {
  await using relay = await startRelay();
  await using client = await connectTo(relay);
  const served = await relay.connection(0);
  const crls = [1, 2, 3].map((n): Push => ({ push: "crl", crl: new Uint8Array([n]) }));
  served.push(crls[0]!);
  served.push(crls[1]!);
  await askEcho(client, 1);
  const got: Push[] = [];
  const all = new Promise<void>((resolve) => {
    client.onPush((push) => {
      if (got.push(push) === 3) resolve();
    });
  });
  served.push(crls[2]!);
  await all;
  assert.deepEqual(got.map(encodePush), crls.map(encodePush));
});

Deno.test("ClientConnection reports what a push listener throws and goes on", async () => {
  const errors: unknown[] = [];
  await using relay = await startRelay();
  await using client = await connectTo(relay, { onInternalError: (error) => errors.push(error) });
  const broken = new Error("broken");
  client.onPush(() => {
    throw broken;
  });
  (await relay.connection(0)).push({ push: "lagged" });
  assert.equal(await askEcho(client, 1), 1);
  assert.deepEqual(errors, [broken]);
});
