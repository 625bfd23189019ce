import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { encodeBase64 } from "../../../lib/bytes/mod.ts";
import { decryptOaep, formatRsaPublicKey, generateRsaKey } from "../../../lib/legacy/core/mod.ts";
import { caChat } from "../../../lib/legacy/ca_chat/mod.ts";
import { inFolder } from "../../support/in_folder.ts";
import { environment, startServer } from "../support/environment.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";

Deno.test("ca-chat documented: users with folders of their own talk and send files", () =>
  inFolder(async (root) => {
    for (const name of ["server", "alice", "bob"]) Deno.mkdirSync(`${root}/${name}`);
    await using server = await startServer(caChat, { folder: `${root}/server` });
    const client = (name: string, console: ScriptedConsole) => ({
      ...environment({ folder: `${root}/${name}` }),
      hostname: "127.0.0.1",
      port: server.port,
      user: undefined,
      console,
      signal: new AbortController().signal,
    });
    const alice = new ScriptedConsole("alice", "pw-a"), bob = new ScriptedConsole("bob", "pw-b");
    const sessions = [caChat.connect(client("alice", alice)), caChat.connect(client("bob", bob))];
    await Promise.all([alice.shown("logged-in"), bob.shown("logged-in")]);
    alice.type("", "2");
    assert.deepEqual([...(await alice.shown("users")).users as string[]].sort(), ["alice", "bob"]);
    alice.type("", "1", "bob", "x".repeat(5000), "hello");
    assert.equal((await bob.shown("message", 2)).message, "hello");
    assert.equal((await bob.shown("message", 1)).message, "x".repeat(5000));
    const content = crypto.getRandomValues(new Uint8Array(50_000));
    Deno.writeFileSync(`${root}/alice/photo.png`, content);
    alice.type("1", "photo.png", "a photo", "1", "missing.png", "", "0");
    const { path, from, caption } = await bob.shown("file");
    assert.deepEqual([from, caption, path], ["alice", "a photo", `${root}/bob/bob_received_files/photo.png`]);
    assert.deepEqual(Deno.readFileSync(path as string), content);
    await alice.noted("no such file");
    Deno.mkdirSync(`${root}/alice/sub`);
    alice.type("", "3");
    assert.ok(((await alice.shown("files")).files as string[]).includes("photo.png"));
    alice.type("", "4", "photo.png", "", "5", "sub", "", "3");
    await alice.shown("deleted");
    assert.deepEqual((await alice.shown("files", 2)).files, []);
    alice.type("", "1", "nobody");
    await alice.noted("there is no user nobody");
    bob.type("", "0");
    await sessions[1];
    await server.logged("client-left");
    alice.type("", "1", "bob", "are you there?");
    assert.equal((await alice.shown("undelivered")).reason, "user is offline");
    alice.end();
    await sessions[0];
    const send = (to: string) =>
      caChat.send!({
        ...client("bob", bob),
        user: "bob",
        to,
        text: "late",
        password: () => Promise.resolve("pw-b"),
        show: () => {},
      });
    await assert.rejects(send("alice"), { code: "undelivered" });
    await assert.rejects(send("nobody"), { code: "unknown-user" });
    assert.equal(server.events.filter(({ type }) => type === "issued").length, 4);
  }));

Deno.test("ca-chat documented: no certificate without the private key, none twice for one challenge", () =>
  inFolder(async (folder) => {
    await using server = await startServer(caChat, { folder });
    using peer = await RawPeer.connect(server.port);
    const ask = async (message: unknown) => {
      await peer.write(JSON.stringify(message));
      return JSON.parse(await peer.text());
    };
    await ask({ message_type: "AUTH", username: "mallory", password: "pw" });
    const key = await generateRsaKey();
    const public_key = formatRsaPublicKey(createPublicKey(key));
    const apply = { message_type: "CERTIFICATE", username: "mallory", public_key };
    const prove = (challenge_response: string) =>
      ask({ message_type: "CERTIFICATE CHALLENGE RESPONSE", challenge_response, public_key });
    const failed = { message_type: "CERTIFICATE", certificate: "CHALLENGE FAILED" };
    const { message_type, challenge } = await ask(apply);
    assert.equal(message_type, "CERTIFICATE CHALLENGE");
    const nonce = decryptOaep(key, Uint8Array.fromBase64(challenge));
    assert.equal(nonce.length, 32);
    assert.deepEqual(await prove(encodeBase64(new Uint8Array(32))), failed);
    assert.deepEqual(await prove(encodeBase64(nonce)), failed, "a challenge is good for one answer");
    await server.logged("challenge-failed", 2);
    const second = decryptOaep(key, Uint8Array.fromBase64((await ask(apply)).challenge));
    assert.match((await prove(encodeBase64(second))).certificate, /^-----BEGIN CERTIFICATE-----/);
  }));

Deno.test("ca-chat: a login that is refused is answered each time, and ends a client whose input has ended", () =>
  inFolder(async (folder) => {
    await using server = await startServer(caChat, { folder });
    using peer = await RawPeer.connect(server.port);
    const logIn = async (password: string) => {
      await peer.write(JSON.stringify({ message_type: "AUTH", username: "alice", password }));
      return await peer.text();
    };
    assert.match(await logIn("right"), /"yes"/);
    const attempt = (...lines: string[]) => {
      const console = new ScriptedConsole(...lines);
      console.end();
      return caChat.connect({
        ...environment({ folder }),
        hostname: "127.0.0.1",
        port: server.port,
        user: undefined,
        console,
        signal: new AbortController().signal,
      });
    };
    await assert.rejects(attempt("alice", "wrong"), { code: "login-refused" });
    await attempt();
    using stranger = await RawPeer.connect(server.port);
    for (let i = 0; i < 5; i++) {
      await stranger.write(JSON.stringify({ message_type: "AUTH", username: "alice", password: `${i}` }));
      assert.match(await stranger.text(), /"no"/);
    }
    assert.equal((await stranger.recv()).length, 0);
    assert.equal((await server.logged("client-failed")).code, "too-many-logins");
  }));
