import assert from "node:assert/strict";
import { elgamal } from "../../../lib/legacy/elgamal/mod.ts";
import { startServer } from "../support/environment.ts";
import { PUBLISHED, StandIn } from "./stand_in.ts";

for (const spelling of ["deff", "diff"] as const) {
  for (const transports of [["polling"], ["websocket"]]) {
    Deno.test(`serveElgamal() serves two published clients (${spelling}, ${transports})`, async () => {
      await using server = await startServer(elgamal, { dialect: "original" });
      using a = await StandIn.connect(server.port, { spelling, transports });
      assert.equal(a.events.length, 0);
      using b = await StandIn.connect(server.port, { spelling, transports });
      await Promise.all([a.keyed, b.keyed]);
      a.say("héllo ✓");
      b.say("and back");
      await Promise.all([a.got("received_message"), b.got("received_message")]);
      assert.deepEqual([a.texts, b.texts], [["and back"], ["héllo ✓"]]);
      const { event } = PUBLISHED[spelling];
      const names = ["KEY_EXCHANGE", "ELGAMAL_PK_BC", `${event}_BC`, "received_message"];
      assert.deepEqual(a.events.map(([name]) => name), names);
      assert.deepEqual(b.events.map(([name]) => name), names);
      assert.deepEqual(await a.got("KEY_EXCHANGE"), [1]);
    });
  }
}

Deno.test("serveElgamal() refuses a third published client, and starts anew when one has left", async () => {
  await using server = await startServer(elgamal, { dialect: "original" });
  using a = await StandIn.connect(server.port);
  {
    using b = await StandIn.connect(server.port);
    await Promise.all([a.keyed, b.keyed]);
    using third = await StandIn.connect(server.port);
    await third.got("disconnect");
    assert.equal((await server.logged("client-refused")).client, "3");
    a.say("still here");
    await b.got("received_message");
    assert.deepEqual(b.texts, ["still here"]);
  }
  await server.logged("client-left");
  using c = await StandIn.connect(server.port);
  await c.keyed;
  assert.deepEqual(await a.got("KEY_EXCHANGE", 2), [1]);
});

Deno.test("serveElgamal() disconnects whoever sends what is no payload, and lives on", async () => {
  await using server = await startServer(elgamal, { dialect: "original" });
  const attacks: unknown[][] = [
    ["message", 5],
    ["message", null],
    ["message"],
    ["message", { message: "", iv: "" }],
    ["message", new Uint8Array(10)],
    ["ELGAMAL_PK", ["1"]],
    ["message", "x".repeat(70_000)],
    ["message", "x".repeat(1_000_000)],
  ];
  for (const [index, [event, ...args]] of attacks.entries()) {
    using peer = await StandIn.connect(server.port, { transports: ["websocket"] });
    peer.socket.emit(String(event), ...args);
    await peer.got("disconnect");
    await server.logged("client-left", index + 1);
  }
  assert.equal(server.events.filter(({ type }) => type === "client-failed").length, attacks.length - 1);
  using a = await StandIn.connect(server.port);
  using b = await StandIn.connect(server.port);
  await Promise.all([a.keyed, b.keyed]);
});

Deno.test("serveElgamal() wants to know for whom a message is in the documented dialect", async () => {
  await using server = await startServer(elgamal);
  using a = await StandIn.connect(server.port);
  using b = await StandIn.connect(server.port);
  // A published client answers the start of the exchange without a recipient.
  await Promise.all([a.got("disconnect"), b.got("disconnect")]);
  await server.logged("client-left", 2);
  const { text } = await server.logged("client-failed", 2);
  assert.match(text, /does not say for whom/);
});

Deno.test("serveElgamal() answers other requests, pages of other origins and nonsense with a refusal", async () => {
  await using server = await startServer(elgamal);
  const url = `http://127.0.0.1:${server.port}`;
  const polling = `${url}/socket.io/?EIO=4&transport=polling`;
  const refused: [status: number, path: string, init?: RequestInit][] = [
    [404, `${url}/`],
    [404, `${url}/socket.io.js`],
    [403, polling, { headers: { origin: "https://example.org" } }],
    [400, `${url}/socket.io/?EIO=4&transport=carrier-pigeon`],
    [400, `${polling}&sid=nobody`],
    [400, polling, { method: "POST", body: "nonsense" }],
  ];
  for (const [status, path, init] of refused) {
    const response = await fetch(path, init);
    await response.body?.cancel();
    assert.equal(response.status, status, path);
  }
  const response = await fetch(polling, { headers: { origin: url } });
  assert.equal(response.status, 200);
  const { sid } = JSON.parse((await response.text()).slice(1));
  const nonsense = await fetch(`${polling}&sid=${sid}`, { method: "POST", body: "4\u{1f4a9}\x1e\x1e99[[[" });
  await nonsense.body?.cancel();
  using peer = await StandIn.connect(server.port);
  assert(peer.socket.connected);
});

Deno.test("serveElgamal() lets a client go that takes nothing while much is sent to it", async () => {
  await using server = await startServer(elgamal, { dialect: "original" });
  const polling = `http://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1));
  await (await fetch(`${polling}&sid=${sid}`, { method: "POST", body: "40" })).text();
  await server.logged("client-joined");
  using talker = await StandIn.connect(server.port, { transports: ["websocket"] });
  await talker.got("KEY_EXCHANGE");
  const payload = "x".repeat(60_000);
  for (let i = 0; i < 80; i++) talker.socket.emit("message", payload);
  const failed = await server.logged("client-failed");
  assert.equal(failed.client, "1");
  assert.match(failed.text, /does not take/);
});

Deno.test("serveElgamal() reports a port that is taken", async () => {
  await using server = await startServer(elgamal);
  const second = elgamal.serve({
    dialect: "documented",
    folder: "/nonexistent",
    now: Date.now,
    random: () => new Uint8Array(0),
    settings: {},
    hostname: "127.0.0.1",
    ports: [server.port],
    log: () => {},
  });
  await assert.rejects(second, { code: "listen-failed" });
});
