import assert from "node:assert/strict";
import type { Frame } from "../../lib/wire/mod.ts";
import { encodeFrame } from "../../lib/wire/mod.ts";
import { concatBytes } from "../../lib/bytes/mod.ts";
import { askEcho, connectRaw, connectTo, echo, MAILBOX, startRelay } from "./network.ts";

const EMPTY = new Uint8Array();
const ping = encodeFrame({ type: "ping", requestId: 0, body: EMPTY });

Deno.test("FrameChannel answers pings", async () => {
  await using relay = await startRelay();
  const client = await connectRaw(relay);
  client.socket.write(concatBytes(ping, ping));
  const types = (await client.received(2)).map((frame: Frame) => frame.type);
  client.socket.end();
  assert.deepEqual(types, ["pong", "pong"]);
});

Deno.test("FrameChannel pings after silence and gives up a peer that does not answer", async () => {
  await using relay = await startRelay(echo, { limits: { pingAfterMs: 40, deadAfterMs: 150 } });
  const client = await connectRaw(relay);
  const served = await relay.connection(0);
  assert.equal((await served.closed)?.code, "connection-silent");
  const frames = await client.frames;
  assert(frames.length >= 2 && frames.every((frame) => frame.type === "ping"), `${frames.length} frames`);
});

Deno.test("FrameChannel keeps a silent connection whose peer answers pings, from either end", async () => {
  await using relay = await startRelay(echo, { limits: { pingAfterMs: 20, deadAfterMs: 300 } });
  await using client = await connectTo(relay, { limits: { pingAfterMs: 20, deadAfterMs: 300 } });
  let over = false;
  void client.closed.then(() => over = true);
  await new Promise((resolve) => setTimeout(resolve, 450));
  assert.equal(over, false);
  assert.equal(await askEcho(client, 3), 3);
});

Deno.test("FrameChannel does not take a peer for dead while it does not read itself, and tells that it lives", async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  await using relay = await startRelay({ ack: () => released.then(() => ({})) }, {
    limits: { maxRequestsInFlight: 1, pingAfterMs: 20, deadAfterMs: 60 },
  });
  await using client = await connectTo(relay, { limits: { pingAfterMs: 250, deadAfterMs: 350 } });
  const asked = [1, 2].map((seq) => client.request("ack", { mailbox: MAILBOX, seq }));
  await new Promise((resolve) => setTimeout(resolve, 500));
  release();
  assert.deepEqual(await Promise.all(asked), [{}, {}]);
});

Deno.test("FrameChannel gives up a peer that takes nothing in", async () => {
  await using relay = await startRelay(echo, {
    limits: {
      highWaterBytes: 10_000,
      lowWaterBytes: 1_000,
      pingAfterMs: 100,
      deadAfterMs: 200,
      closeTimeoutMs: 20,
    },
  });
  const client = await connectRaw(relay);
  const served = await relay.connection(0);
  client.gate.open = false;
  const crl = { push: "crl", crl: new Uint8Array(1_000_000) } as const;
  while (served.push(crl)) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal((await served.closed)?.code, "connection-silent");
  client.socket.destroy();
});

Deno.test("FrameChannel answers a flood of pings that is never read with bounded memory", async () => {
  await using relay = await startRelay(echo, { limits: { highWaterBytes: 50_000, lowWaterBytes: 10_000 } });
  const client = await connectRaw(relay);
  client.gate.open = false;
  const served = await relay.connection(0);
  const flood = concatBytes(...Array.from({ length: 30_000 }, () => ping));
  for (let i = 0; i < 20; i++) {
    client.socket.write(flood);
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert(served.queuedBytes < 200_000, `${served.queuedBytes} bytes wait`);
  }
  client.socket.destroy();
  await served.closed;
});
