import assert from "node:assert/strict";
import { concatBytes } from "../../../lib/bytes/mod.ts";
import { dhGroup14, encodeBigInteger, encodeFrame } from "../../../lib/legacy/core/mod.ts";
import { DIALECTS } from "../../../lib/legacy/mod.ts";
import { dhAes } from "../../../lib/legacy/dh_aes/mod.ts";
import { inFolder } from "../../support/in_folder.ts";
import { startServer } from "../support/environment.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { StandIn } from "./stand_in.ts";

const success = (username: string) => ({ type: "auth_success", username });

for (const dialect of DIALECTS) {
  Deno.test(`serveDhAes() serves a published client in the ${dialect} dialect`, () =>
    inFolder(async (folder) => {
      await using server = await startServer(dhAes, { dialect, folder });
      using alice = await StandIn.logIn(server.port, "alice");
      assert.equal(await alice.text(), '{"type": "auth_success", "username": "alice"}');
      using bob = await StandIn.logIn(server.port, "bob");
      assert.deepEqual(await bob.message(), success("bob"));

      await alice.send({ type: "send_message", to: "bob", content: "héllo ✓" });
      assert.deepEqual(await alice.message(), { type: "message_delivered", to: "bob" });
      const { timestamp, ...message } = await bob.message();
      assert.deepEqual(message, { type: "new_message", from: "alice", content: "héllo ✓" });
      assert(typeof timestamp === "number" && Math.abs(timestamp - Date.now() / 1000) < 10);

      await alice.send({ type: "list_users" });
      assert.deepEqual(await alice.message(), { type: "user_list", users: ["alice", "bob"] });
      await alice.send({ type: "send_message", to: "alice", content: "to myself" });
      assert.equal((await alice.message()).content, "to myself");
      assert.deepEqual(await alice.message(), { type: "message_delivered", to: "alice" });
    }));
}

Deno.test("serveDhAes() keeps what is sent to an absent user over a restart, in order, once", () =>
  inFolder(async (folder) => {
    {
      await using server = await startServer(dhAes, { folder });
      using alice = await StandIn.logIn(server.port, "alice");
      await alice.message();
      for (const content of ["one", "two", "three"]) {
        await alice.send({ type: "send_message", to: "bob", content });
        assert.deepEqual(await alice.message(), { type: "message_queued", to: "bob" });
      }
    }
    await using server = await startServer(dhAes, { folder });
    {
      using bob = await StandIn.logIn(server.port, "bob");
      assert.deepEqual(await bob.message(), success("bob"));
      const { type, messages } = await bob.message() as { type: string; messages: Record<string, unknown>[] };
      assert.equal(type, "pending_messages");
      assert.deepEqual(messages.map(({ type, from, content }) => [type, from, content]), [
        ["new_message", "alice", "one"],
        ["new_message", "alice", "two"],
        ["new_message", "alice", "three"],
      ]);
    }
    await server.logged("client-left");
    using bob = await StandIn.logIn(server.port, "bob");
    assert.deepEqual(await bob.message(), success("bob"));
    await bob.send({ type: "list_users" });
    assert.deepEqual(await bob.message(), { type: "user_list", users: ["bob"] });
  }));

Deno.test("serveDhAes() sends more than fits into one frame one by one behind it", () =>
  inFolder(async (folder) => {
    await using server = await startServer(dhAes, { folder });
    using alice = await StandIn.logIn(server.port, "alice");
    await alice.message();
    const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(60_000));
    for (const content of contents) {
      await alice.send({ type: "send_message", to: "bob", content });
      await alice.message();
    }
    using bob = await StandIn.logIn(server.port, "bob");
    await bob.message();
    const { messages } = await bob.message() as { messages: Record<string, unknown>[] };
    assert.equal(messages.length, 4);
    const got = messages.map(({ content }) => content);
    while (got.length < contents.length) {
      const { type, content } = await bob.message();
      assert.equal(type, "new_message");
      got.push(content);
    }
    assert.deepEqual(got, contents);
  }));

Deno.test("serveDhAes() takes frames that are split at any byte, and many in one write", () =>
  inFolder(async (folder) => {
    await using server = await startServer(dhAes, { folder });
    const peer = await RawPeer.connect(server.port);
    using alice = new StandIn(peer);
    alice.agree(await peer.frame());
    for (const byte of alice.publicFrame) await peer.write(Uint8Array.of(byte));
    for (const byte of alice.seal("alice")) await peer.write(Uint8Array.of(byte));
    assert.deepEqual(await alice.message(), success("alice"));

    const length = alice.seal('{"type":"list_users"}').length;
    for (let at = 1; at < length; at++) {
      await peer.writeSplit(alice.seal('{"type":"list_users"}'), at);
      assert.deepEqual(await alice.message(), { type: "user_list", users: ["alice"] });
    }
    const burst = Array.from(
      { length: 100 },
      (_, i) => alice.seal(JSON.stringify({ type: "send_message", to: "alice", content: String(i) })),
    );
    await peer.write(concatBytes(...burst));
    for (let i = 0; i < burst.length; i++) {
      assert.equal((await alice.message()).content, String(i));
      assert.deepEqual(await alice.message(), { type: "message_delivered", to: "alice" });
    }
  }));

Deno.test("serveDhAes() refuses a second login under a name, and its holder notices nothing", () =>
  inFolder(async (folder) => {
    for (const dialect of DIALECTS) {
      await using server = await startServer(dhAes, { dialect, folder });
      using alice = await StandIn.logIn(server.port, "alice");
      await alice.message();
      using second = await StandIn.logIn(server.port, "alice");
      if (dialect === "documented") assert.equal((await second.message()).type, "auth_failed");
      assert.equal((await second.raw.recv()).length, 0);
      assert.equal((await server.logged("client-failed")).code, "name-taken");
      await alice.send({ type: "list_users" });
      assert.deepEqual(await alice.message(), { type: "user_list", users: ["alice"] });
    }
  }));

Deno.test("serveDhAes() closes without a word on whatever is hostile, and lives on", () =>
  inFolder(async (folder) => {
    await using server = await startServer(dhAes, { dialect: "original", folder });
    const { modulus } = dhGroup14();
    const degenerate = [0n, 1n, modulus - 1n, modulus, modulus + 1n, (1n << 2048n) - 1n];
    const cases: [code: string, attack: (peer: StandIn) => Promise<void>][] = [
      ...degenerate.map((value): [string, (peer: StandIn) => Promise<void>] => [
        "dh-value-refused",
        ({ raw }) => raw.write(encodeFrame(encodeBigInteger(value, 256))),
      ]),
      ["dh-value-malformed", ({ raw }) => raw.write(encodeFrame(new Uint8Array(255).fill(7)))],
      ["dh-value-malformed", ({ raw }) => raw.write(encodeFrame())],
      ["frame-too-large", ({ raw }) => raw.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff))],
      ["decryption-failed", (peer) => loggingIn(peer, encodeFrame(new Uint8Array(40)))],
      ["decryption-failed", (peer) => loggingIn(peer, encodeFrame(new Uint8Array(3)))],
      ["decryption-failed", (peer) => loggingIn(peer, flipped(peer.seal("mallory")))],
      ["user-name-malformed", (peer) => loggingIn(peer, peer.seal(""))],
      ["user-name-malformed", (peer) => loggingIn(peer, peer.seal("a\u001b[2J"))],
      ["user-name-malformed", (peer) => loggingIn(peer, peer.seal("x".repeat(200)))],
    ];
    for (const [index, [code, attack]] of cases.entries()) {
      using peer = new StandIn(await RawPeer.connect(server.port));
      peer.agree(await peer.raw.frame());
      await attack(peer);
      assert.equal((await peer.raw.recv()).length, 0, code);
      assert.equal((await server.logged("client-failed", index + 1)).code, code);
    }
    const afterLogin: [code: string, frame: (peer: StandIn) => Uint8Array][] = [
      ["message-malformed", (peer) => peer.seal("{")],
      ["message-malformed", (peer) => peer.seal('{"type":"send_message","to":5}')],
      ["decryption-failed", (peer) => flipped(peer.seal('{"type":"list_users"}'))],
      ["frame-too-large", (peer) => peer.seal("x".repeat(70_000))],
    ];
    for (const [index, [code, frame]] of afterLogin.entries()) {
      using peer = await StandIn.logIn(server.port, "mallory");
      await peer.message();
      await peer.raw.write(frame(peer));
      assert.equal((await peer.raw.recv()).length, 0, code);
      assert.equal((await server.logged("client-failed", cases.length + index + 1)).code, code);
    }
    using alice = await StandIn.logIn(server.port, "alice");
    assert.deepEqual(await alice.message(), success("alice"));
    await alice.send({ type: "dance" });
    await alice.send({ type: "list_users" });
    assert.deepEqual(await alice.message(), { type: "user_list", users: ["alice"] });
  }));

Deno.test("serveDhAes() survives clients that go at any point of the exchange", () =>
  inFolder(async (folder) => {
    await using server = await startServer(dhAes, { folder });
    for (const size of [0, 2, 4, 100, 260]) {
      using peer = new StandIn(await RawPeer.connect(server.port));
      await peer.raw.frame();
      await peer.raw.write(peer.publicFrame.subarray(0, size));
    }
    await server.logged("client-failed", 3); // those that went in the middle of a frame
    using alice = await StandIn.logIn(server.port, "alice");
    assert.deepEqual(await alice.message(), success("alice"));
  }));

Deno.test("serveDhAes() takes a frame that is repeated, since nothing numbers it, but not one of another session", () =>
  inFolder(async (folder) => {
    await using server = await startServer(dhAes, { folder });
    using alice = await StandIn.logIn(server.port, "alice");
    await alice.message();
    const frame = alice.seal('{"type":"send_message","to":"alice","content":"again"}');
    await alice.raw.write(concatBytes(frame, frame));
    for (let i = 0; i < 2; i++) {
      assert.equal((await alice.message()).content, "again");
      assert.deepEqual(await alice.message(), { type: "message_delivered", to: "alice" });
    }
    using bob = await StandIn.logIn(server.port, "bob");
    await bob.message();
    await bob.raw.write(frame);
    assert.equal((await bob.raw.recv()).length, 0);
    assert.equal((await server.logged("client-failed")).code, "decryption-failed");
  }));

Deno.test("serveDhAes() answers a burst for absent users in its order, and refuses what no longer fits", () =>
  inFolder(async (folder) => {
    for (const dialect of DIALECTS) {
      Deno.mkdirSync(`${folder}/${dialect}`);
      await using server = await startServer(dhAes, { dialect, folder: `${folder}/${dialect}` });
      using alice = await StandIn.logIn(server.port, "alice");
      await alice.message();
      const message = (content: string) =>
        alice.seal(JSON.stringify({ type: "send_message", to: "bob", content }));
      const list = alice.seal('{"type":"list_users"}');
      await alice.raw.write(concatBytes(message("0"), list));
      assert.deepEqual(await alice.message(), { type: "message_queued", to: "bob" });
      assert.equal((await alice.message()).type, "user_list");
      for (let sent = 1; sent < 1000;) {
        const burst = Array.from({ length: Math.min(200, 1000 - sent) }, (_, i) => message(String(sent + i)));
        await alice.raw.write(concatBytes(...burst));
        for (const _ of burst) assert.deepEqual(await alice.message(), { type: "message_queued", to: "bob" });
        sent += burst.length;
      }
      await alice.raw.write(concatBytes(message("too much"), list));
      assert.match((await server.logged("refused")).text, /no more messages are kept/);
      if (dialect === "documented") assert.equal((await alice.message()).type, "message_refused");
      assert.equal((await alice.message()).type, "user_list");
      using bob = await StandIn.logIn(server.port, "bob");
      await bob.message();
      const { messages } = await bob.message() as { messages: Record<string, unknown>[] };
      assert.deepEqual(
        messages.map(({ content }) => content),
        Array.from({ length: 1000 }, (_, i) => String(i)),
      );
    }
  }));

async function loggingIn(peer: StandIn, frame: Uint8Array): Promise<void> {
  await peer.raw.write(concatBytes(peer.publicFrame, frame));
}

function flipped(frame: Uint8Array): Uint8Array {
  frame[20] = frame[20]! ^ 1;
  return frame;
}
