import assert from "node:assert/strict";
import { StorageError } from "../../lib/errors/mod.ts";
import {
  decodeRemoteError,
  encodeFrame,
  encodePush,
  encodeRequest,
  type Frame,
  limits,
} from "../../lib/wire/mod.ts";
import { concatBytes } from "../../lib/bytes/mod.ts";
import {
  askEcho,
  connectRaw,
  connectTo,
  echo,
  goodbyeCode,
  MAILBOX,
  type RawClient,
  startRelay,
} from "./network.ts";

const EMPTY = new Uint8Array();

function syncFrame(requestId: number): Uint8Array {
  const body = encodeRequest("sync", { mailbox: MAILBOX, after: requestId, limit: 1 });
  return encodeFrame({ type: "request", requestId, body });
}

function ackFrame(requestId: number): Uint8Array {
  return encodeFrame({
    type: "request",
    requestId,
    body: encodeRequest("ack", { mailbox: MAILBOX, seq: 1 }),
  });
}

/** Receives `count` frames, then ends and asserts that no other came. */
async function exactly(count: number, client: RawClient): Promise<Frame[]> {
  await client.received(count);
  client.socket.end();
  const frames = await client.frames;
  assert.equal(frames.length, count);
  return frames;
}

Deno.test("RelayConnection answers requests that arrive split at every byte", async () => {
  await using relay = await startRelay();
  const client = await connectRaw(relay);
  const bytes = concatBytes(ackFrame(1), syncFrame(2));
  for (let at = 1; at < bytes.length; at += 7) {
    client.socket.write(bytes.subarray(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.write(bytes.subarray(at));
  }
  const frames = await exactly(2 * Math.ceil((bytes.length - 1) / 7), client);
  assert(frames.every((frame, i) => frame.type === "response" && frame.requestId === 1 + i % 2));
});

Deno.test("RelayConnection begins the requests of one read in one turn and answers in order with one write", async () => {
  const begun: number[] = [];
  let turn = 0, turns = 0;
  await using relay = await startRelay({
    sync: async ({ after }) => {
      if (turn === 0) {
        turn = 1;
        setImmediate(() => (turn = 0, turns++));
      }
      begun.push(after);
      await Promise.resolve();
      return { entries: [], head: after, floor: 0 };
    },
  }, { limits: { maxRequestBytesInFlight: 1e9 } });
  const client = await connectRaw(relay);
  let reads = 0;
  client.socket.on("data", () => reads++);
  client.socket.write(concatBytes(...Array.from({ length: 50 }, (_, i) => syncFrame(i))));
  const frames = await exactly(50, client);
  assert.deepEqual(begun, Array.from({ length: 50 }, (_, i) => i));
  assert.deepEqual(frames.map((frame) => frame.requestId), begun);
  assert(turns <= 2, `${turns} turns`);
  assert(reads <= 2, `the answers came in ${reads} writes`);
});

Deno.test("RelayConnection keeps at most maxRequestsInFlight at work and answers all in the end", async () => {
  let working = 0, most = 0;
  await using relay = await startRelay({
    ack: async () => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setImmediate(resolve));
      working--;
      return {};
    },
  }, { limits: { maxRequestsInFlight: 4 } });
  const client = await connectRaw(relay);
  client.socket.write(concatBytes(...Array.from({ length: 500 }, (_, i) => ackFrame(i))));
  const ids = (await exactly(500, client)).map((frame) => frame.requestId);
  assert.equal(most, 4);
  assert.deepEqual(ids.sort((a, b) => a - b), Array.from({ length: 500 }, (_, i) => i));
});

Deno.test("RelayConnection counts the answers that requests may get, and stops reading", async () => {
  let begun = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  await using relay = await startRelay({
    sync: async () => {
      begun++;
      await released;
      return { entries: [], head: 0, floor: 0 };
    },
  }, { limits: { maxRequestBytesInFlight: 3 * limits.maxSyncBytes } });
  const client = await connectRaw(relay);
  const flood = concatBytes(...Array.from({ length: 200 }, (_, i) => syncFrame(i)));
  client.socket.write(flood);
  await (await relay.connection(0)).drained();
  while (begun < 3) await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(begun, 3);
  release();
  await exactly(200, client);
});

Deno.test("RelayConnection holds little memory against a flood that its handler cannot follow", async () => {
  await using relay = await startRelay({ append: () => new Promise(() => {}) }, {
    limits: { closeTimeoutMs: 50 },
  });
  const client = await connectRaw(relay);
  const fields = { mailbox: MAILBOX, id: new Uint8Array(16), message: new Uint8Array(60_000) };
  const frame = encodeFrame({ type: "request", requestId: 1, body: encodeRequest("append", fields) });
  let written = 0;
  while (client.socket.writableLength < 32 * 1024 * 1024) {
    client.socket.write(frame);
    written += frame.length;
    if (client.socket.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
  }
  const taken = written - client.socket.writableLength;
  assert(taken < 40 * 1024 * 1024, `${taken} bytes were taken in`);
  client.socket.destroy();
});

Deno.test("RelayConnection stops reading while its answers are not read", async () => {
  let begun = 0;
  await using relay = await startRelay({
    hello: () => {
      begun++;
      return {
        version: 1,
        agent: "x",
        time: 0,
        authorities: [new Uint8Array(8_000)],
        crl: new Uint8Array(100_000),
      };
    },
  }, { limits: { highWaterBytes: 300_000, lowWaterBytes: 100_000 } });
  const client = await connectRaw(relay);
  client.gate.open = false;
  const body = encodeRequest("hello", { version: 1, agent: "x" });
  const requests = Array.from(
    { length: 600 },
    (_, i) => encodeFrame({ type: "request", requestId: i, body }),
  );
  client.socket.write(concatBytes(...requests));
  const served = await relay.connection(0);
  let last = -1;
  for (let still = 0; still < 50; still = begun === last ? still + 1 : 0, last = begun) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert(begun < 600, `${begun} requests were begun`);
  assert(served.queuedBytes < 600_000, `${served.queuedBytes} bytes wait`);
  client.gate.open = true;
  await exactly(600, client);
});

Deno.test("RelayConnection.push() refuses when the client does not read, and drained() tells when it does", async () => {
  await using relay = await startRelay(echo, { limits: { highWaterBytes: 200_000, lowWaterBytes: 50_000 } });
  const client = await connectRaw(relay);
  client.gate.open = false;
  const served = await relay.connection(0);
  const crl = { push: "crl", crl: new Uint8Array(50_000) } as const;
  let sent = 0;
  for (let turn = 0; turn < 100; turn++) {
    while (served.push(crl)) sent++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(served.push(crl), false);
  assert(served.queuedBytes < 200_000 + 2 * encodePush(crl).length, `${served.queuedBytes}`);
  const drained = served.drained();
  client.gate.open = true;
  await drained;
  assert.equal(served.push(crl), true);
  const closed = served.close();
  assert.equal(served.push(crl), false);
  await closed;
  assert.equal((await client.frames).length, sent + 1);
});

Deno.test("RelayConnection sends what a handler throws, and nothing of an internal error", async () => {
  const secret = new Error("secret detail");
  await using relay = await startRelay({
    ack: () => Promise.reject(new StorageError("disk-full", "the disk is full", { hint: "make room" })),
    watch: () => {
      throw secret;
    },
  });
  await using client = await connectTo(relay);
  await assert.rejects(client.request("ack", { mailbox: MAILBOX, seq: 1 }), (error) => {
    return error instanceof StorageError && error.code === "disk-full" && error.hint === "make room";
  });
  await assert.rejects(client.request("watch", {}), (error: Error) => {
    assert.doesNotMatch(error.message, /secret/);
    return (error as StorageError).kind === "internal";
  });
  assert.deepEqual(relay.internalErrors, [secret]);
});

Deno.test("RelayConnection answers an unknown operation with an error and goes on", async () => {
  await using relay = await startRelay();
  const client = await connectRaw(relay);
  // The CBOR array ["fly", {}].
  const body = new Uint8Array([0x82, 0x63, 0x66, 0x6c, 0x79, 0xa0]);
  client.socket.write(concatBytes(encodeFrame({ type: "request", requestId: 5, body }), ackFrame(6)));
  const [refused, answered] = await exactly(2, client);
  assert.equal(refused?.type, "error");
  assert.equal(refused.requestId, 5);
  assert.equal(decodeRemoteError(refused.body).code, "unknown-operation");
  assert.equal(answered?.type, "response");
});

const malformed: [name: string, bytes: Uint8Array, code: string][] = [
  ["a frame that is too large", new Uint8Array([0x7f, 0, 0, 0, 1]), "frame-too-large"],
  ["a frame that is too short", new Uint8Array([0, 0, 0, 1, 1]), "frame-malformed"],
  ["an unknown frame type", new Uint8Array([0, 0, 0, 5, 99, 0, 0, 0, 0]), "frame-malformed"],
  [
    "a body that is not CBOR",
    encodeFrame({ type: "request", requestId: 1, body: new Uint8Array([0xff]) }),
    "cbor-malformed",
  ],
  [
    "a request without fields",
    encodeFrame({ type: "request", requestId: 1, body: new Uint8Array([0xa0]) }),
    "message-malformed",
  ],
  ["an answer", encodeFrame({ type: "response", requestId: 1, body: EMPTY }), "unexpected-frame"],
  ["a push", encodeFrame({ type: "push", requestId: 0, body: EMPTY }), "unexpected-frame"],
  ["a goodbye that is malformed", encodeFrame({ type: "goodbye", requestId: 0, body: EMPTY }), "truncated"],
];
for (const [name, bytes, code] of malformed) {
  Deno.test(`RelayConnection ends a connection with ${code} upon ${name}`, async () => {
    await using relay = await startRelay();
    await using bystander = await connectTo(relay);
    const client = await connectRaw(relay);
    client.socket.write(bytes);
    assert.equal(await goodbyeCode(client), code);
    assert.equal((await (await relay.connection(1)).closed)?.code, code);
    assert.equal(await askEcho(bystander, 3), 3);
  });
}

Deno.test("RelayConnection survives a reset at every stage of a request", async () => {
  await using relay = await startRelay();
  const bytes = concatBytes(ackFrame(1), syncFrame(2));
  for (const at of [0, 3, 4, 9, 20, bytes.length]) {
    const client = await connectRaw(relay);
    if (at > 0) client.socket.write(bytes.subarray(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.resetAndDestroy();
    await client.frames;
  }
  await Promise.all(relay.connections.map((connection) => connection.closed));
  await using client = await connectTo(relay);
  assert.equal(await askEcho(client, 1), 1);
});

Deno.test("RelayConnection.closed tells a stream that ends inside a frame from one that ends well", async () => {
  await using relay = await startRelay();
  const cut = await connectRaw(relay);
  cut.socket.end(ackFrame(1).subarray(0, 6));
  assert.equal((await (await relay.connection(0)).closed)?.code, "connection-lost");
  const clean = await connectRaw(relay);
  clean.socket.end(ackFrame(1));
  assert.equal(await (await relay.connection(1)).closed, undefined);
});

Deno.test("RelayConnection.close() lets requests in flight finish first", async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  let begun = () => {};
  const began = new Promise<void>((resolve) => begun = resolve);
  await using relay = await startRelay({ ack: () => (begun(), released.then(() => ({}))) });
  await using client = await connectTo(relay);
  const asked = client.request("ack", { mailbox: MAILBOX, seq: 1 });
  await began;
  const closing = (await relay.connection(0)).close(new StorageError("relay-stopping", "stopping"));
  release();
  assert.deepEqual(await asked, {});
  await closing;
  assert.equal((await client.closed)?.code, "relay-stopping");
});

Deno.test("RelayConnection.close() does not wait for a handler or a client that hangs", async () => {
  let begun = () => {};
  const began = new Promise<void>((resolve) => begun = resolve);
  await using relay = await startRelay({ ack: () => (begun(), new Promise(() => {})) }, {
    limits: { closeTimeoutMs: 40 },
  });
  const client = await connectRaw(relay);
  client.gate.open = false;
  client.socket.write(ackFrame(1));
  await began;
  const began2 = performance.now();
  await (await relay.connection(0)).close(new StorageError("relay-stopping", "stopping"));
  assert(performance.now() - began2 < 1_000);
  client.socket.destroy();
});
