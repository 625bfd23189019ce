import assert from "node:assert/strict";
import { createPublicKey, type KeyObject } from "node:crypto";
import { concatBytes, encodeUtf8, equalBytes } from "../../../lib/bytes/mod.ts";
import { digest, systemRandom } from "../../../lib/crypto/mod.ts";
import {
  decryptOaep,
  encryptOaep,
  formatRsaPublicKey,
  parseRsaPublicKey,
  signPss,
  verifyPss,
} from "../../../lib/legacy/core/mod.ts";
import { keyparts } from "../../../lib/legacy/keyparts/mod.ts";
import { SessionCipher } from "../../../lib/legacy/keyparts/suite.ts";
import { inFolder } from "../../support/in_folder.ts";
import { environment, startServer } from "../support/environment.ts";
import { pause, RawPeer, RawServer } from "../support/raw_peer.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";
import { makeFolder } from "./support.ts";

/** A published client, written from the facts: a `recv` is a message. */
class PublishedClient implements Disposable {
  readonly peer: RawPeer;
  readonly id: string;
  readonly #key: KeyObject;
  readonly #peers = new Map<string, KeyObject>();
  cipher: SessionCipher | undefined;

  private constructor(peer: RawPeer, id: string, key: KeyObject) {
    this.peer = peer;
    this.id = id;
    this.#key = key;
  }

  static async logIn(port: number, id: string, key: KeyObject): Promise<PublishedClient> {
    const peer = await RawPeer.connect(port);
    await peer.write(id);
    await pause(2);
    await peer.write(concatBytes(encodeUtf8("AUTH_REQUEST||"), signPss(key, encodeUtf8("AUTH_REQUEST"))));
    assert.equal(await peer.text(), "AUTH_SUCCESS");
    return new PublishedClient(peer, id, key);
  }

  async fetchKeys(ids: string[]): Promise<void> {
    for (const id of ids.filter((one) => one !== this.id)) {
      await this.peer.write(`REQ_KEY:${id}`);
      this.#peers.set(id, parseRsaPublicKey(await this.peer.text()));
    }
  }

  /** From START to the session key; key parts may come joined, as the published client copes with that. */
  async exchangeKeys(): Promise<void> {
    assert.equal(await this.peer.text(), "START_KEY_EXCHANGE");
    const own = systemRandom(8);
    for (const [id, key] of this.#peers) {
      const ciphertext = encryptOaep(key, own);
      const head = encodeUtf8(`KEY_PART:${this.id}->${id}||`);
      await this.peer.write(concatBytes(head, ciphertext, digest("SHA-256", ciphertext)));
      await pause(2);
    }
    const parts = new Map([[this.id, own]]);
    while (parts.size < 3) {
      const packet = await this.peer.recv();
      const text = new TextDecoder("latin1").decode(packet);
      const [, from = "", to] = /^KEY_PART:(\w+)->(\w+)\|\|/.exec(text) ??
        assert.fail(`not a key part: ${text}`);
      if (to !== this.id) continue;
      const ciphertext = packet.subarray(-288, -32);
      assert.ok(equalBytes(digest("SHA-256", ciphertext), packet.subarray(-32)));
      parts.set(from, decryptOaep(this.#key, ciphertext));
    }
    const ids = [...parts.keys()].sort().reverse();
    this.cipher = new SessionCipher(concatBytes(...ids.map((id) => parts.get(id)!)));
  }

  /** The next message; what is left of key parts for others is passed over. */
  async chat(): Promise<string> {
    for (;;) {
      const packet = await this.peer.recv(1024);
      if (new TextDecoder("latin1").decode(packet.subarray(0, 9)) === "KEY_PART:") continue;
      const message = this.cipher!.open(packet);
      assert.equal(message?.size, packet.length, "a recv brings one message");
      return message!.text;
    }
  }

  seal(text: string): Uint8Array {
    return this.cipher!.seal(text, systemRandom);
  }

  [Symbol.dispose](): void {
    this.peer[Symbol.dispose]();
  }
}

Deno.test("keyparts original: three published clients share a key through our server", () =>
  inFolder(async (folder) => {
    const keys = await makeFolder(folder);
    await using server = await startServer(keyparts, { dialect: "original", folder });
    const ids = [...keys.keys()];
    const clients = await Promise.all(ids.map(async (id, i) => {
      const client = await PublishedClient.logIn(server.ports[i]!, id, keys.get(id)!);
      await client.fetchKeys(ids);
      return client;
    }));
    const [one, two, three] = clients as [PublishedClient, PublishedClient, PublishedClient];
    try {
      await Promise.all(clients.map((client) => client.exchangeKeys()));
      const heard = (...texts: string[]) =>
        Promise.all([two, three].map(async (client) => {
          for (const text of texts) assert.equal(await client.chat(), text);
        }));
      await one.peer.write(one.seal("first"));
      await heard("first");
      await one.peer.write("text is dropped");
      await server.logged("discarded");
      const message = one.seal("x".repeat(975));
      assert.equal(message.length, 1024);
      await one.peer.write(message);
      await pause(25);
      await one.peer.writeSplit(one.seal("split"), 17);
      await heard("x".repeat(975), "split");
    } finally {
      for (const client of clients) client[Symbol.dispose]();
    }
  }));

Deno.test("keyparts: our server takes writes split at every byte, and joined", () =>
  inFolder(async (folder) => {
    const keys = await makeFolder(folder);
    await using server = await startServer(keyparts, { folder });
    const key = keys.get("client1")!;
    const signature = signPss(key, encodeUtf8("AUTH_REQUEST"));
    const login = concatBytes(encodeUtf8("client1AUTH_REQUEST||"), signature);
    using one = await RawPeer.connect(server.port);
    for (const byte of login) await one.write(Uint8Array.of(byte));
    assert.equal(await one.text(), "AUTH_SUCCESS");
    using two = await RawPeer.connect(server.port);
    await two.write(
      concatBytes(
        encodeUtf8("client2AUTH_REQUEST||"),
        signPss(keys.get("client2")!, encodeUtf8("AUTH_REQUEST")),
      ),
    );
    assert.equal(await two.text(), "AUTH_SUCCESS");
    const pem = formatRsaPublicKey(createPublicKey(keys.get("client3")!));
    await one.write("REQ_KEY:client3REQ_KEY:nobodyREQ_KEY:client3");
    const answer = await one.exactly(2 * pem.length + "ERROR: Public key not found.".length);
    assert.equal(new TextDecoder().decode(answer), `${pem}ERROR: Public key not found.${pem}`);
    const cipher = new SessionCipher(systemRandom(24));
    const ciphertext = encryptOaep(key, systemRandom(8));
    const part = concatBytes(
      encodeUtf8("KEY_PART:client1->client2||"),
      ciphertext,
      digest("SHA-256", ciphertext),
    );
    const chat = cipher.seal("hello", systemRandom);
    for (const message of [part, chat]) {
      for (let at = 1; at < message.length; at += message === part ? 7 : 1) {
        await one.writeSplit(message, at, 0);
        assert.deepEqual(await two.exactly(message.length), message);
      }
    }
    const many = concatBytes(part, chat, chat, part, chat);
    await one.write(many);
    assert.deepEqual(await two.exactly(many.length), many);
  }));

Deno.test("keyparts: hostile logins are refused and the server lives on", () =>
  inFolder(async (folder) => {
    const keys = await makeFolder(folder);
    await using server = await startServer(keyparts, { folder });
    const attempt = async (id: string, signature: Uint8Array) => {
      const peer = await RawPeer.connect(server.port);
      await peer.write(concatBytes(encodeUtf8(`${id}AUTH_REQUEST||`), signature));
      return peer;
    };
    const right = signPss(keys.get("client1")!, encodeUtf8("AUTH_REQUEST"));
    {
      using wrong = await attempt("client2", right);
      assert.equal(await wrong.text(), "AUTH_FAILED");
      assert.equal((await wrong.recv()).length, 0);
    }
    using unknown = await attempt("../client1", right);
    await server.logged("client-unknown");
    await unknown.write(concatBytes(encodeUtf8("client1AUTH_REQUEST||"), right));
    assert.equal(await unknown.text(), "AUTH_SUCCESS", "an unknown id gets no answer and is not closed");
    {
      using second = await attempt("client1", right);
      assert.equal(await second.text(), "AUTH_FAILED");
    }
    using noise = await RawPeer.connect(server.port);
    await noise.write(new Uint8Array(500).fill(0x41));
    assert.equal((await noise.recv()).length, 0);
    assert.equal((await server.logged("client-failed")).code, "login-malformed");
    await unknown.write("REQ_KEY:client2");
    assert.match(await unknown.text(), /^-----BEGIN PUBLIC KEY-----/);
    const endless = `KEY_PART:${"x".repeat(300)}`;
    await unknown.write(endless);
    assert.equal((await unknown.recv()).length, 0);
    assert.equal((await server.logged("client-failed", 2)).code, "key-part-malformed");
    await server.logged("client-left");
    using again = await attempt("client1", right);
    assert.equal(await again.text(), "AUTH_SUCCESS");
  }));

Deno.test("keyparts original: our client works with a published server that splits and joins", () =>
  inFolder(async (folder) => {
    const keys = await makeFolder(folder);
    using server = new RawServer();
    const console = new ScriptedConsole();
    const session = keyparts.connect({
      ...environment({ dialect: "original", folder }),
      hostname: "127.0.0.1",
      port: server.port,
      user: "client1",
      console,
      signal: new AbortController().signal,
    });
    using peer = await server.accept();
    assert.equal(await peer.text(), "client1");
    const auth = await peer.recv();
    assert.equal(new TextDecoder().decode(auth.subarray(0, 14)), "AUTH_REQUEST||");
    const own = createPublicKey(keys.get("client1")!);
    assert.ok(verifyPss(own, encodeUtf8("AUTH_REQUEST"), auth.subarray(14), "any"));
    for (const byte of encodeUtf8("AUTH_SUCCESS")) await peer.write(Uint8Array.of(byte));
    for (const id of ["client2", "client3"]) {
      assert.equal(await peer.text(), `REQ_KEY:${id}`);
      await peer.writeSplit(encodeUtf8(formatRsaPublicKey(keys.get(id)!)), 200);
    }
    const parts = new Map(["client2", "client3"].map((id) => [id, systemRandom(8)]));
    const packets = [...parts].map(([id, part]) => {
      const ciphertext = encryptOaep(own, part);
      return concatBytes(encodeUtf8(`KEY_PART:${id}->client1||`), ciphertext, digest("SHA-256", ciphertext));
    });
    await peer.write(concatBytes(encodeUtf8("START_KEY_EXCHANGESTART_KEY_EXCHANGE"), ...packets));
    for (const id of ["client2", "client3"]) {
      const packet = await peer.recv();
      assert.equal(new TextDecoder().decode(packet.subarray(0, 27)), `KEY_PART:client1->${id}||`);
      parts.set("client1", decryptOaep(keys.get(id)!, packet.subarray(27, -32)));
    }
    const cipher = new SessionCipher(
      concatBytes(...["client3", "client2", "client1"].map((id) => parts.get(id)!)),
    );
    await console.shown("keyed");
    const messages = ["one", "two"].map((text) => cipher.seal(text, systemRandom));
    await peer.write(concatBytes(...messages));
    const split = cipher.seal("x".repeat(900), systemRandom);
    for (const at of [1, 16, 63, 64, 500]) await peer.writeSplit(split, at, 0);
    assert.equal((await console.shown("message", 2)).text, "two");
    assert.equal((await console.shown("message", 7)).text, "x".repeat(900));
    const tampered = cipher.seal("tampered", systemRandom);
    tampered[20] = tampered[20]! ^ 1;
    await peer.write(tampered);
    await console.shown("discarded");
    console.type("hello", "exit");
    assert.equal(cipher.open(await peer.recv())?.text, "hello");
    await session;
    assert.equal((await peer.recv()).length, 0);
  }));
