import assert from "node:assert/strict";
import { createPublicKey, type KeyObject } from "node:crypto";
import { encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import {
  formatRsaPublicKey,
  generateRsaKey,
  parseRsaPublicKey,
  verifyRsaCertificate,
} from "../../../lib/legacy/core/mod.ts";
import { openAuthority } from "../../../lib/legacy/ca_chat/files.ts";
import { openEnvelope, sealEnvelope } from "../../../lib/legacy/ca_chat/envelope.ts";
import { caChat } from "../../../lib/legacy/ca_chat/mod.ts";
import { inFolder } from "../../support/in_folder.ts";
import { environment, startServer } from "../support/environment.ts";
import { pause, RawPeer, RawServer } from "../support/raw_peer.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";

const BLOCK_BYTES = 2048;

/** A published client: a `recv` of 2,048 bytes is one JSON object. */
class PublishedClient implements Disposable {
  readonly peer: RawPeer;
  readonly user: string;
  readonly key: KeyObject;
  keyId = "";

  private constructor(peer: RawPeer, user: string, key: KeyObject) {
    this.peer = peer;
    this.user = user;
    this.key = key;
  }

  static async logIn(port: number, folder: string, user: string): Promise<PublishedClient> {
    const client = new PublishedClient(await RawPeer.connect(port), user, await generateRsaKey());
    const confirmation = await client.ask({ message_type: "AUTH", username: user, password: "pw" });
    assert.equal(confirmation.result, "yes");
    client.keyId = confirmation.key_id;
    const public_key = formatRsaPublicKey(client.key);
    await client.write({ message_type: "UPDATE PUBLIC KEY", username: user, public_key });
    const { certificate } = await client.ask({ message_type: "CERTIFICATE", username: user, public_key });
    Deno.writeTextFileSync(`${folder}/${user}_certificate.pem`, certificate);
    return client;
  }

  async write(message: unknown): Promise<void> {
    await this.peer.write(JSON.stringify(message));
  }

  async recv() {
    return JSON.parse(new TextDecoder().decode(await this.peer.recv(BLOCK_BYTES)));
  }

  async ask(message: unknown) {
    await this.write(message);
    return await this.recv();
  }

  /** The key that a published client would use: the certificate's signature is checked, then the check's key. */
  async peerKey(folder: string, user: string) {
    const { result, public_key, key_id } = await this.ask({ message_type: "USER CHECK", username: user });
    assert.equal(result, "yes");
    const { certificate } = await this.ask({ message_type: "CERTIFICATE REQUEST", username: user });
    verifyRsaCertificate(
      certificate,
      Deno.readTextFileSync(`${folder}/ca_public_key.pem`),
      user,
      Date.now(),
    );
    return { keyId: key_id as string, publicKey: parseRsaPublicKey(public_key) };
  }

  open(sealed: string, sender: KeyObject): string {
    return openEnvelope(sealed, {
      privateKey: (id) => id === this.keyId ? this.key : undefined,
      sender,
      maxBytes: 10_000,
    });
  }

  [Symbol.dispose](): void {
    this.peer[Symbol.dispose]();
  }
}

Deno.test("ca-chat original: published clients are served", (t) =>
  inFolder(async (folder) => {
    await using server = await startServer(caChat, { dialect: "original", folder });
    using alice = await PublishedClient.logIn(server.port, folder, "alice");
    using bob = await PublishedClient.logIn(server.port, folder, "bob");

    await t.step("they find each other and talk, split at any byte and joined", async () => {
      assert.deepEqual(await alice.ask({ message_type: "LIST" }), {
        message_type: "USER LISTING",
        users: ["alice", "bob"],
      });
      const toBob = await alice.peerKey(folder, "bob"), toAlice = await bob.peerKey(folder, "alice");
      const seal = (text: string) => ({
        message_type: "MESSAGE",
        message: sealEnvelope(text, alice.key, toBob, systemRandom),
        username: "alice",
        user: "bob",
      });
      const message = JSON.stringify(seal("grüße ✓"));
      const bytes = encodeUtf8(message);
      for (const at of [1, 2, 30, 500, bytes.length - 1]) await alice.peer.writeSplit(bytes, at);
      await alice.peer.write(JSON.stringify(seal("joined")) + JSON.stringify({ message_type: "LIST" }));
      for (let i = 0; i < 5; i++) {
        const received = await bob.recv();
        assert.deepEqual(received, JSON.parse(message), "it is relayed verbatim");
        assert.equal(bob.open(received.message, toAlice.publicKey), "grüße ✓");
      }
      assert.equal(bob.open((await bob.recv()).message, toAlice.publicKey), "joined");
      assert.equal((await alice.recv()).message_type, "USER LISTING");
    });

    await t.step("files are relayed: header, then data", async () => {
      const data = "A".repeat(5000);
      const file = { file_name: "a.txt", file_size: data.length, caption: "look" };
      await alice.peer.write(
        JSON.stringify({ message_type: "FILE", username: "alice", user: "bob", ...file }) + data,
      );
      assert.deepEqual(await bob.recv(), { message_type: "FILE", ...file });
      assert.equal(new TextDecoder().decode(await bob.peer.exactly(data.length)), data);
    });

    await t.step(
      "a wrong password may be tried again; a second login under one name is refused",
      async () => {
        using third = await RawPeer.connect(server.port);
        const logIn = async (username: string, password: string) => {
          await third.write(JSON.stringify({ message_type: "AUTH", username, password }));
          return JSON.parse(await third.text()).result;
        };
        assert.equal(await logIn("alice", "wrong"), "no");
        assert.equal(await logIn("alice", "pw"), "no");
        assert.equal(await logIn("carol", "pw"), "yes");
      },
    );

    await t.step("accounts keep Argon2id only", () => {
      const { users } = JSON.parse(Deno.readTextFileSync(`${folder}/database/users.json`));
      assert.deepEqual(users.map((one: { username: string }) => one.username), ["alice", "bob", "carol"]);
      for (const { password } of users) assert.equal(Uint8Array.fromBase64(password).length, 32);
    });
  }));

Deno.test("ca-chat: hostile input ends that connection only", () =>
  inFolder(async (folder) => {
    await using server = await startServer(caChat, { dialect: "original", folder });
    const attempts: [string, string][] = [
      ["GET / HTTP/1.1\r\n\r\n", "json-malformed"],
      ['{"message_type":"NOTHING"}', "message-malformed"],
      ['{"message_type":"LIST"}', "login-required"],
      ['{"message_type":"AUTH","username":"../alice","password":"pw"}', "message-malformed"],
      ['{"message_type":"AUTH","username":"alice"', "truncated"],
      ['{"a":}', "message-malformed"],
    ];
    for (const [index, [text, code]] of attempts.entries()) {
      {
        using peer = await RawPeer.connect(server.port);
        await peer.write(text);
        if (code !== "truncated") assert.equal((await peer.recv()).length, 0);
      }
      assert.equal((await server.logged("client-failed", index + 1)).code, code);
    }
    using alice = await PublishedClient.logIn(server.port, folder, "alice");
    await alice.write({ message_type: "MESSAGE", message: "x", username: "bob", user: "alice" });
    assert.match((await server.logged("discarded")).text, /in the name of bob/);
    await alice.write({ message_type: "MESSAGE", message: "x", username: "alice", user: "nobody" });
    await server.logged("undelivered");
    assert.equal((await alice.ask({ message_type: "USER CHECK", username: "../x" })).result, "no");
    assert.equal(
      (await alice.ask({ message_type: "CERTIFICATE REQUEST", username: "../x" })).certificate,
      "NOT FOUND",
    );
    await alice.write({ message_type: "FILE", username: "alice", user: "a", file_name: "x", file_size: 1e9 });
    assert.equal((await alice.peer.recv()).length, 0);
  }));

Deno.test("ca-chat original: our client works with a published server", () =>
  inFolder(async (folder) => {
    const authority = await openAuthority(folder, Date.now, systemRandom);
    using server = new RawServer();
    const console = new ScriptedConsole("alice", "pw", "", "1", "bob");
    const session = caChat.connect({
      ...environment({ dialect: "original", folder }),
      hostname: "127.0.0.1",
      port: server.port,
      user: undefined,
      console,
      signal: new AbortController().signal,
    });
    using peer = await server.accept();
    const recv = async () => JSON.parse(new TextDecoder().decode(await peer.recv(BLOCK_BYTES)));
    const answer = async (message: unknown) => {
      const bytes = encodeUtf8(JSON.stringify(message));
      await peer.writeSplit(bytes, bytes.length - 3);
    };
    assert.deepEqual(await recv(), { message_type: "AUTH", username: "alice", password: "pw" });
    await answer({ message_type: "AUTHENTICATION CONFIRMATION", result: "yes", key_id: "1" });
    const { message_type, public_key } = await recv();
    assert.equal(message_type, "UPDATE PUBLIC KEY");
    const alice = parseRsaPublicKey(public_key);
    assert.deepEqual(await recv(), { message_type: "CERTIFICATE", username: "alice", public_key });
    await answer({ message_type: "CERTIFICATE", certificate: authority.issue("alice", alice) });
    const bob = await generateRsaKey();
    assert.deepEqual(await recv(), { message_type: "USER CHECK", username: "bob" });
    const bobPem = formatRsaPublicKey(bob);
    await answer({ message_type: "USER CHECK RESPONSE", result: "yes", public_key: bobPem, key_id: "2" });
    assert.deepEqual(await recv(), { message_type: "CERTIFICATE REQUEST", username: "bob" });
    await answer({
      message_type: "CERTIFICATE RESPONSE",
      certificate: authority.issue("bob", createPublicKey(bob)),
    });
    console.type("hello bob");
    const { message } = await recv();
    const opened = openEnvelope(message, { privateKey: () => bob, sender: alice, maxBytes: 10_000 });
    assert.equal(opened, "hello bob");
    console.type("x".repeat(500));
    await console.noted("longer than 2048 bytes");
    const reply = sealEnvelope("hello alice", bob, { keyId: "1", publicKey: alice }, systemRandom);
    const forged = sealEnvelope(
      "forged",
      await generateRsaKey(),
      { keyId: "1", publicKey: alice },
      systemRandom,
    );
    const relayed = { message_type: "MESSAGE", username: "bob", user: "alice" };
    await peer.write(
      JSON.stringify({ ...relayed, message: forged }) + JSON.stringify({ ...relayed, message: reply }),
    );
    assert.equal((await console.shown("message")).text, "bob: hello alice");
    assert.equal((await console.shown("discarded")).code, "signature-wrong");
    const file = sealEnvelope(btoa("content"), bob, { keyId: "1", publicKey: alice }, systemRandom);
    const header = {
      message_type: "FILE",
      file_name: "../../evil.txt",
      file_size: file.length,
      caption: "look",
    };
    await peer.write(JSON.stringify(header) + file.slice(0, 100));
    await pause(2);
    await peer.write(file.slice(100));
    const { path } = await console.shown("file");
    assert.equal(path, `${folder}/alice_received_files/evil.txt`);
    assert.equal(Deno.readTextFileSync(path as string), "content");
    console.type("0", "", "0");
    assert.deepEqual(await recv(), { message_type: "LIST" });
    await answer({ message_type: "USER LISTING", users: ["alice"] });
    assert.deepEqual(await recv(), { message_type: "QUIT" });
    await session;
    const { my_keys } = JSON.parse(Deno.readTextFileSync(`${folder}/keys.json`));
    assert.match(my_keys[0].private_key, /^-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED/);
  }));
