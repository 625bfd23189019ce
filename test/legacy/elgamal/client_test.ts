import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Socket } from "socket.io";
import type { Dialect } from "../../../lib/legacy/mod.ts";
import { elgamal } from "../../../lib/legacy/elgamal/mod.ts";
import { importServer } from "../../../lib/legacy/core/mod.ts";
import { environment, startServer } from "../support/environment.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";
import { PUBLISHED, StandIn } from "./stand_in.ts";

/** Starts a session; `over` resolves to the code of the error that ended it, or to undefined. */
function connect(
  port: number,
  console: ScriptedConsole,
  options: { dialect?: Dialect; settings?: Record<string, string>; signal?: AbortSignal } = {},
): { over: Promise<string | undefined> } {
  const { signal = new AbortController().signal } = options;
  const address = { hostname: "127.0.0.1", port, user: undefined };
  const over = elgamal.connect({ ...environment(options), ...address, console, signal }).then(
    () => undefined,
    ({ code }) => code as string,
  );
  return { over };
}

for (const spelling of ["deff", "diff"] as const) {
  for (const setting of [undefined, spelling]) {
    Deno.test(`connectElgamal() talks to a published client (${spelling}, ours ${setting ?? "chosen by it"})`, async () => {
      await using server = await startServer(elgamal, { dialect: "original" });
      const console = new ScriptedConsole("héllo ✓");
      const settings: Record<string, string> = setting ? { spelling: setting } : {};
      const { over } = connect(server.port, console, { dialect: "original", settings });
      await console.noted("waiting");
      using peer = await StandIn.connect(server.port, { spelling });
      await peer.got("received_message");
      peer.say("and back");
      const { message } = await console.shown("message");
      assert.equal(message, "and back");
      console.type("exit");
      assert.equal(await over, undefined);
      assert.deepEqual(peer.texts, ["héllo ✓"]);
    });
  }
}

Deno.test("connectElgamal() ignores the other spelling where its own was chosen, and says so", async () => {
  await using server = await startServer(elgamal, { dialect: "original" });
  const console = new ScriptedConsole();
  const options = { dialect: "original", settings: { spelling: "deff" } } as const;
  const abort = new AbortController();
  const { over } = connect(server.port, console, { ...options, signal: abort.signal });
  await server.logged("client-joined");
  using peer = await StandIn.connect(server.port, { spelling: "diff" });
  const { text } = await console.shown("spelling-differs");
  assert.match(text, /--set spelling=diff/);
  assert(!peer.events.some(([event]) => event === "disconnect"));
  abort.abort();
  assert.equal(await over, "server-gone");
  assert.equal(
    await connect(server.port, console, { settings: { spelling: "duff" } }).over,
    "spelling-malformed",
  );
});

Deno.test("connectElgamal() holds a session of three in the documented dialect, who come and go", async () => {
  await using server = await startServer(elgamal);
  const consoles = [new ScriptedConsole("from 1"), new ScriptedConsole(), new ScriptedConsole()];
  const sessions = [];
  for (const [index, console] of consoles.entries()) {
    sessions.push(connect(server.port, console));
    await server.logged("client-joined", index + 1);
    if (index === 1) await Promise.all([consoles[0]!.shown("keyed"), consoles[1]!.shown("message")]);
  }
  await Promise.all(consoles.map((console) => console.shown("keyed", 2)));
  consoles[2]!.type("from 3");
  assert.equal((await consoles[0]!.shown("message")).text, "client 3: from 3");
  assert.equal((await consoles[1]!.shown("message", 2)).text, "client 3: from 3");
  consoles[1]!.type("exit");
  assert.equal(await sessions[1]!.over, undefined);
  await consoles[0]!.shown("peer-left");
  consoles[0]!.type("still two");
  assert.equal((await consoles[2]!.shown("message")).text, "client 1: still two");
  assert.equal(consoles[1]!.events.filter(({ type }) => type === "message").length, 2);
  consoles[2]!.type("EXIT");
  await consoles[0]!.shown("peer-left", 2);
  consoles[0]!.type("anybody?");
  await consoles[0]!.noted("nobody is here");
  consoles[0]!.end();
  assert.deepEqual(await Promise.all(sessions.map(({ over }) => over)), [undefined, undefined, undefined]);
});

Deno.test("sendElgamal() waits for another client, sends to it and leaves", async () => {
  for (const dialect of ["original", "documented"] as const) {
    await using server = await startServer(elgamal, { dialect });
    const shown: string[] = [];
    const send = (to?: string) =>
      elgamal.send!({
        ...environment({ dialect }),
        hostname: "127.0.0.1",
        port: server.port,
        user: undefined,
        to,
        text: "one line",
        signal: new AbortController().signal,
        password: () => Promise.reject(new Error("there are no passwords")),
        show: ({ type }) => shown.push(type),
      });
    const sent = send();
    const console = new ScriptedConsole();
    const { over } = connect(server.port, console, { dialect });
    assert.equal((await console.shown("message")).message, "one line");
    await sent;
    assert.deepEqual(shown, ["keyed", "sent"]);
    console.end();
    await over;
    await assert.rejects(send("bob"), { code: "recipient-not-taken" });
  }
});

const FORGED = { diff_public_key: 22, s1: 22, s2: 1 };
const hostile: [what: string, code: string, peerKey: string, payload: string | undefined][] = [
  ["a wrong signature", "signature-wrong", "771", JSON.stringify({ ...FORGED, diff_public_key: 925 })],
  ["a signature out of range", "signature-wrong", "771", '{"diff_public_key": 925, "s1": 326, "s2": 1845}'],
  ["a degenerate ElGamal key", "dh-value-refused", "1020", undefined],
  ["an ElGamal key of a small order", "dh-value-refused", "589", undefined],
  ["an ElGamal key outside of the group", "dh-value-refused", "1792", undefined],
  ["an ElGamal key that is no number", "message-malformed", "0x303", undefined],
  ["an ElGamal key of a million digits", "message-malformed", "9".repeat(60_000), undefined],
  ["a value that is no JSON", "message-malformed", "771", "{"],
  ["a value with a fraction", "message-malformed", "771", '{"diff_public_key": 9.5, "s1": 1, "s2": 1}'],
  ["a value with texts", "message-malformed", "771", '{"diff_public_key": "925", "s1": 326, "s2": 825}'],
];
for (const [what, code, peerKey, payload] of hostile) {
  Deno.test(`connectElgamal() leaves and says why when the other sends ${what}`, async () => {
    await using server = await startServer(elgamal, { dialect: "original" });
    using peer = await StandIn.connect(server.port);
    peer.socket.offAny();
    peer.socket.emit("ELGAMAL_PK", "too early for anybody to hear");
    const { over } = connect(server.port, new ScriptedConsole(), { dialect: "original" });
    await server.logged("client-joined", 2);
    peer.socket.emit("ELGAMAL_PK", peerKey);
    if (payload !== undefined) peer.socket.emit(PUBLISHED.diff.event, payload);
    assert.equal(await over, code);
    await server.logged("client-left");
  });
}

Deno.test("connectElgamal() takes nothing that comes before the key to check it with", async () => {
  await using server = await startServer(elgamal, { dialect: "original" });
  using peer = await StandIn.connect(server.port);
  peer.socket.offAny();
  const console = new ScriptedConsole();
  const { over } = connect(server.port, console, { dialect: "original" });
  await server.logged("client-joined", 2);
  peer.socket.emit("message", '{"message": "", "iv": ""}');
  assert.equal((await console.shown("discarded")).code, "keys-missing");
  peer.socket.emit(PUBLISHED.diff.event, peer.signedValue());
  assert.equal(await over, "value-early");
});

Deno.test("connectElgamal() takes a message that is repeated, since nothing numbers it", async () => {
  await using server = await startServer(elgamal, { dialect: "original" });
  const console = new ScriptedConsole("to be repeated");
  const { over } = connect(server.port, console, { dialect: "original" });
  await server.logged("client-joined");
  using peer = await StandIn.connect(server.port);
  await peer.got("received_message");
  peer.say("twice");
  const shown = await console.shown("message");
  assert.equal(shown.message, "twice");
  peer.repeat();
  assert.equal((await console.shown("message", 2)).message, "twice");
  console.type("exit");
  assert.equal(await over, undefined);
});

Deno.test("connectElgamal() waits on when the other goes in the middle of the exchange", async () => {
  for (const dialect of ["original", "documented"] as const) {
    await using server = await startServer(elgamal, { dialect });
    const [first, second] = [new ScriptedConsole(), new ScriptedConsole("at last")];
    const waiting = connect(server.port, first, { dialect });
    await server.logged("client-joined");
    {
      using peer = await StandIn.connect(server.port);
      peer.socket.offAny();
      await server.logged("client-joined", 2);
    }
    await server.logged("client-left");
    const { over } = connect(server.port, second, { dialect });
    assert.equal((await first.shown("message")).message, "at last");
    for (const console of [first, second]) console.end();
    assert.deepEqual([await waiting.over, await over], [undefined, undefined]);
  }
});

Deno.test("connectElgamal() discards messages that do not decrypt, and goes on", async () => {
  await using server = await startServer(elgamal, { dialect: "original" });
  const console = new ScriptedConsole();
  const { over } = connect(server.port, console, { dialect: "original" });
  await server.logged("client-joined");
  using peer = await StandIn.connect(server.port);
  await peer.keyed;
  await console.shown("keyed");
  const bad = [
    "{",
    '{"message": "AAAA"}',
    '{"message": "AAAA", "iv": "AAAA"}',
    '{"message": "!", "iv": "AAAAAAAAAAAAAAAAAAAAAA=="}',
    '{"message": "AAAA", "iv": "AAAAAAAAAAAAAAAAAAAAAA=="}',
    '{"message": "", "iv": "AAAAAAAAAAAAAAAAAAAAAA=="}',
  ];
  for (const [index, payload] of bad.entries()) {
    peer.socket.emit("message", payload);
    await console.shown("discarded", index + 1);
  }
  peer.say("good");
  assert.equal((await console.shown("message")).message, "good");
  console.type("x".repeat(60_000));
  await console.noted("too long");
  console.type("exit");
  assert.equal(await over, undefined);
});

Deno.test("connectElgamal() reports a server that is not there, of the other dialect, or gone", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assert.equal(await connect(port, new ScriptedConsole()).over, "connect-failed");
  {
    await using server = await startServer(elgamal, { dialect: "documented" });
    const sessions = [1, 2].map(() => connect(server.port, new ScriptedConsole(), { dialect: "original" }));
    for (const { over } of sessions) assert.equal(await over, "dialect-mismatch");
  }
  let gone;
  {
    await using server = await startServer(elgamal);
    gone = connect(server.port, new ScriptedConsole());
    await server.logged("client-joined");
  }
  assert.equal(await gone.over, "server-gone");
});

Deno.test("connectElgamal() talks to a published server, which relays to all others", async () => {
  const { Server } = await importServer();
  const http = createServer();
  const io = new Server(http);
  let count = 0;
  io.on("connection", (socket: Socket) => {
    for (const event of ["ELGAMAL_PK", "DIFF_HELLMAN_PK"]) {
      socket.on(event, (data) => socket.broadcast.emit(`${event}_BC`, data));
    }
    socket.on("message", (data) => socket.broadcast.emit("received_message", data));
    if (++count === 2) io.emit("KEY_EXCHANGE", 1);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as { port: number };
  const consoles = [new ScriptedConsole("one"), new ScriptedConsole("two")];
  const sessions = consoles.map((console) => connect(port, console, { dialect: "original" }));
  const messages = await Promise.all(consoles.map((console) => console.shown("message")));
  assert.deepEqual(messages.map(({ message }) => message), ["two", "one"]);
  for (const console of consoles) console.end();
  for (const { over } of sessions) assert.equal(await over, undefined);
  await io.close();
});

Deno.test("connectElgamal() keeps a start of the exchange that comes before its own connect packet", async () => {
  // Engine.IO by hand: the first poll opens, the second brings both packets at once, in the wrong order.
  const key = Promise.withResolvers<string>();
  const released = Promise.withResolvers<void>();
  let polls = 0;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.method === "POST") {
      const body = await request.text();
      if (body.includes("ELGAMAL_PK")) key.resolve(body);
      return new Response("ok");
    }
    if (polls++ === 0) {
      const open = { sid: "s", upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6 };
      return new Response(`0${JSON.stringify(open)}`);
    }
    if (polls === 2) return new Response('42["KEY_EXCHANGE",1]\x1e40{"sid":"x"}');
    await released.promise;
    return new Response("1");
  });
  const { over } = connect(server.addr.port, new ScriptedConsole(), { dialect: "original" });
  assert.match(await key.promise, /^42\["ELGAMAL_PK","\d+"\]$/);
  released.resolve();
  assert.equal(await over, "server-gone");
});
