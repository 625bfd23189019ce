import assert from "node:assert/strict";
import { concatBytes } from "../../../lib/bytes/mod.ts";
import { encodeBigInteger, encodeFrame } from "../../../lib/legacy/core/mod.ts";
import { dhAes } from "../../../lib/legacy/dh_aes/mod.ts";
import { inFolder } from "../../support/in_folder.ts";
import { environment, startServer } from "../support/environment.ts";
import { type RawPeer, RawServer } from "../support/raw_peer.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";
import { StandIn } from "./stand_in.ts";

const signal = new AbortController().signal;

function connect(port: number, console: ScriptedConsole, user?: string): Promise<void> {
  const address = { hostname: "127.0.0.1", port, user };
  return dhAes.connect({ ...environment({ dialect: "original" }), ...address, console, signal });
}

/** The published server's side of the exchange; how frames are written is the test's. */
async function accept(raw: RawPeer, write: (frame: Uint8Array) => Promise<void>): Promise<StandIn> {
  const server = new StandIn(raw);
  await write(server.publicFrame);
  server.agree(await raw.frame());
  return server;
}

for (const way of ["as a whole", "a byte at a time"]) {
  Deno.test(`connectDhAes() talks to a published server that writes ${way}`, async () => {
    using listener = new RawServer();
    const console = new ScriptedConsole(
      "alice",
      "list",
      "send bob  hi  there",
      "send",
      "carol",
      "hello",
      "quit",
    );
    const session = connect(listener.port, console);
    const raw = await listener.accept();
    const write = async (bytes: Uint8Array) => {
      if (way === "as a whole") return await raw.write(bytes);
      for (const byte of bytes) await raw.write(Uint8Array.of(byte));
    };
    using server = await accept(raw, write);
    const send = (message: object) => write(server.seal(JSON.stringify(message)));
    assert.equal(await server.text(), "alice");
    await send({ type: "auth_success", username: "alice" });
    const waiting = { type: "new_message", from: "zoe", content: "waited", timestamp: 1.5 };
    await send({ type: "pending_messages", messages: [waiting] });
    assert.deepEqual(await server.message(), { type: "list_users" });
    await send({ type: "user_list", users: ["alice", "bob"] });
    assert.equal(await server.text(), '{"type": "send_message", "to": "bob", "content": "hi  there"}');
    await write(concatBytes(
      server.seal(JSON.stringify({ type: "something_else" })),
      server.seal(JSON.stringify({ type: "new_message", from: "bob", content: "you first", timestamp: 2 })),
      server.seal(JSON.stringify({ type: "message_delivered", to: "bob" })),
    ));
    assert.deepEqual(await server.message(), { type: "send_message", to: "carol", content: "hello" });
    await send({ type: "message_queued", to: "carol" });
    assert.deepEqual(await server.message(), { type: "list_users" });
    await send({ type: "user_list", users: ["alice"] });
    await session;
    assert.equal((await raw.recv()).length, 0);
    assert.deepEqual(console.events.map(({ text }) => text), [
      "logged in as alice",
      "zoe: waited",
      "alice, bob",
      "bob: you first",
      "delivered to bob",
      "queued for carol",
    ]);
  });
}

Deno.test("connectDhAes() refuses degenerate values and altered frames of a server", async () => {
  const cases: [code: string, attack: (raw: RawPeer) => Promise<void>][] = [
    ["dh-value-refused", (raw) => raw.write(encodeFrame(encodeBigInteger(1n, 256)))],
    ["dh-value-malformed", (raw) => raw.write(encodeFrame(new Uint8Array(300)))],
    ["frame-too-large", (raw) => raw.write(Uint8Array.of(0x7f, 0, 0, 0))],
    ["decryption-failed", async (raw) => {
      await (await accept(raw, (frame) => raw.write(frame))).text();
      await raw.write(encodeFrame(new Uint8Array(50)));
    }],
    ["server-gone", async (raw) => {
      await (await accept(raw, (frame) => raw.write(frame))).text();
      raw[Symbol.dispose]();
    }],
  ];
  for (const [code, attack] of cases) {
    using listener = new RawServer();
    const session = assert.rejects(connect(listener.port, new ScriptedConsole(), "alice"), { code });
    const raw = await listener.accept();
    await attack(raw);
    await session;
    if (code !== "server-gone") raw[Symbol.dispose]();
  }
});

Deno.test("sendDhAes() delivers or queues, shows what waited, and refuses what it cannot send", () =>
  inFolder(async (folder) => {
    await using server = await startServer(dhAes, { folder });
    const send = (user: string | undefined, to: string | undefined, text: string, shown: string[] = []) =>
      dhAes.send!({
        ...environment({}),
        hostname: "127.0.0.1",
        port: server.port,
        user,
        to,
        text,
        signal,
        password: () => Promise.reject(new Error("there are no passwords")),
        show: ({ text }) => shown.push(text),
      }).then(() => shown);
    assert.deepEqual(await send("alice", "bob", "hi"), ["queued for bob"]);
    await server.logged("client-left");
    assert.deepEqual(await send("bob", "alice", "hi to you"), ["alice: hi", "queued for alice"]);
    await server.logged("client-left", 2);

    using alice = await StandIn.logIn(server.port, "alice");
    await alice.message();
    await assert.rejects(send("alice", "bob", "x"), { code: "login-refused" });
    await assert.rejects(send("carol", "bob", "x".repeat(70_000)), { code: "message-too-long" });
    await assert.rejects(send("carol", "b\nob", "x"), { code: "user-name-malformed" });
    await assert.rejects(send(undefined, "bob", "x"), { code: "user-required" });
    await assert.rejects(send("carol", undefined, "x"), { code: "recipient-required" });
  }));
