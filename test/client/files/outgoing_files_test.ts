import assert from "node:assert/strict";
import { join } from "node:path";
import type { Client, FileItem } from "../../../lib/client/mod.ts";
import { ClientStore } from "../../../lib/store/mod.ts";
import type { DeviceRef } from "../../../lib/wire/mod.ts";
import { storedBlobs } from "../../support/stored_blobs.ts";
import { World } from "../../support/world.ts";

const ALICE = { user: "alice", device: "one" };
const BOB = { user: "bob", device: "one" };

async function onStage(work: (world: World) => Promise<void>): Promise<void> {
  await using world = await World.open();
  await world.enrol("alice/one");
  await world.enrol("bob/one");
  await work(world);
}

/** Runs as a process would that connects, works and ends. */
async function run<T>(world: World, who: DeviceRef, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await world.client(who);
  try {
    await client.connect();
    await client.catchUp();
    return await work(client);
  } finally {
    await world.close(client);
  }
}

/** Saves what has arrived, and gives names and contents. */
function receive(world: World, who: DeviceRef): Promise<[name: string, content: string][]> {
  return run(world, who, async ({ files: { incoming } }) => {
    const contents: [string, string][] = [];
    for (const item of incoming.waiting()) {
      const { item: saved } = await incoming.save(item, join(world.home, `in-${who.user}`));
      await incoming.markAnnounced(saved);
      contents.push([item.name, await Deno.readTextFile(saved.path!)]);
    }
    return contents;
  });
}

function fileOf(world: World, name: string, content: string): string {
  const path = join(world.home, name);
  Deno.writeTextFileSync(path, content);
  return path;
}

async function* streamOf(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(new TextEncoder().encode(part));
}

function blobsOf(world: World): string[] {
  return storedBlobs(join(world.relay.folder, "relay"));
}

Deno.test("send() says all files in one message, and the relay forgets them when they are fetched", () =>
  onStage(async (world) => {
    const progress = new Set<string>();
    await run(world, ALICE, async (client) => {
      const conversation = client.conversationWith("bob");
      const sent = await client.files.outgoing.send(conversation, [
        { path: fileOf(world, "a.txt", "alpha") },
        { path: fileOf(world, "empty", "") },
        { path: fileOf(world, "b.txt", "beta"), name: "other.txt" },
        { stream: streamOf("gam", "ma"), name: "c.txt" },
      ], {
        caption: "four files",
        onProgress: ({ number, count, name, phase }) => progress.add(`${number}/${count} ${name} ${phase}`),
      });
      await client.deliverSent(sent);
      const items: FileItem[] = client.files.incoming.ofMessage(conversation, sent.id);
      assert.deepEqual(items.map(({ name, size, state }) => [name, size, state]), [
        ...[["a.txt", 5, "sent"], ["empty", 0, "sent"], ["other.txt", 4, "sent"], ["c.txt", 5, "sent"]],
      ]);
      assert.deepEqual(await client.files.outgoing.pending(), []);
    });
    assert.ok(progress.has("1/4 a.txt sending") && progress.has("4/4 c.txt spooling"));
    assert.equal(blobsOf(world).length, 4);
    const [message] = await run(world, BOB, (client) => Promise.resolve(client.history.unread()));
    assert.equal(message!.caption, "four files");
    assert.deepEqual(await receive(world, BOB), [
      ...[["a.txt", "alpha"], ["empty", ""], ["other.txt", "beta"], ["c.txt", "gamma"]],
    ]);
    assert.deepEqual(blobsOf(world), []);
  }));

Deno.test("send() refuses what cannot be sent before anything is uploaded", () =>
  onStage(async (world) => {
    const path = fileOf(world, "a.txt", "alpha");
    await run(world, ALICE, async (client) => {
      const { outgoing } = client.files;
      const conversation = client.conversationWith("bob");
      const refused = (code: string, ...args: Parameters<typeof outgoing.send>) =>
        assert.rejects(outgoing.send(...args), { code });
      await refused("file-not-found", conversation, [{ path: join(world.home, "none") }], {});
      await refused("file-not-regular", conversation, [{ path: "/dev/null" }], {});
      await refused("file-name-too-long", conversation, [{ path, name: "x".repeat(256) }], {});
      await refused("content-too-long", conversation, new Array(100).fill({ path, name: "x".repeat(255) }), {
        caption: "x".repeat(40_000),
      });
      await refused("files-out-of-bounds", conversation, new Array(101).fill({ path }), {});
      await refused("unknown-user", client.conversationWith("nobody"), [{ path }], {});
      assert.deepEqual(await outgoing.pending(), []);
    });
    assert.deepEqual(blobsOf(world), []);
  }));

Deno.test("send() goes on where the same files were broken off, and anew where they have changed", () =>
  onStage(async (world) => {
    const paths = ["a.txt", "b.txt"].map((name) => fileOf(world, name, `old ${name}`));
    const sources = paths.map((path) => ({ path }));
    const stop = new AbortController();
    await run(world, ALICE, async (client) => {
      const options = {
        signal: stop.signal,
        onProgress: ({ number }: { number: number }) =>
          void (number === 2 && stop.abort(new Error("Ctrl-C"))),
      };
      const sending = client.files.outgoing.send(client.conversationWith("bob"), sources, options);
      await assert.rejects(sending, /Ctrl-C/);
      const [pending, ...others] = await client.files.outgoing.pending();
      assert.deepEqual(others, []);
      assert.deepEqual([pending!.busy, pending!.lost], [false, false]);
      assert.deepEqual(pending!.files.map(({ name, uploaded }) => [name, uploaded]), [
        ["a.txt", true],
        ["b.txt", false],
      ]);
    });
    const begun = blobsOf(world);
    fileOf(world, "b.txt", "new and longer b.txt");
    await run(world, ALICE, async (client) => {
      const { outgoing } = client.files;
      const sent = await outgoing.send(client.conversationWith("bob"), sources, {});
      await client.deliverSent(sent);
      assert.deepEqual(await outgoing.pending(), []);
    });
    const stored = blobsOf(world);
    assert.equal(
      stored.filter((path) => begun.includes(path)).length,
      1,
      "what was uploaded is not uploaded again",
    );
    assert.deepEqual(await receive(world, BOB), [["a.txt", "old a.txt"], ["b.txt", "new and longer b.txt"]]);
  }));

Deno.test("a stream whose process ended before it did is said to be lost, and given up", () =>
  onStage(async (world) => {
    await run(world, ALICE, async (client) => {
      const { outgoing } = client.files;
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(new Uint8Array(1_000_000));
        throw new Error("killed");
      }
      const sources = [{ stream: breaking(), name: "x" }];
      await assert.rejects(outgoing.send(client.conversationWith("bob"), sources, {}), /killed/);
      const [pending] = await outgoing.pending();
      assert.equal(pending!.lost, true);
      await assert.rejects(outgoing.resume(pending!.id), { code: "stream-lost" });
      assert.deepEqual(await outgoing.pending(), []);
      await assert.rejects(outgoing.resume(pending!.id), { code: "files-unknown" });
    });
  }));

Deno.test("discard() gives files up here and at the relay", () =>
  onStage(async (world) => {
    await run(world, ALICE, async (client) => {
      const { outgoing } = client.files;
      const paths = ["a.txt", "b.txt"].map((name) => fileOf(world, name, name));
      const stop = new AbortController();
      const options = {
        signal: stop.signal,
        onProgress: ({ number }: { number: number }) =>
          void (number === 2 && stop.abort(new Error("Ctrl-C"))),
      };
      const sources = paths.map((path) => ({ path }));
      await assert.rejects(outgoing.send(client.conversationWith("bob"), sources, options), /Ctrl-C/);
      assert.ok(blobsOf(world).length >= 1);
      const [pending] = await outgoing.pending();
      await outgoing.discard(pending!.id.slice(0, 6));
      assert.deepEqual([await outgoing.pending(), blobsOf(world)], [[], []]);
    });
  }));

Deno.test("whenever the sender dies, the next process goes on: each file arrives once", () =>
  onStage(async (world) => {
    const { transaction } = ClientStore.prototype;
    const crash = new Error("crash");
    const sent: string[] = [];
    for (let at = 0;; at++) {
      const path = fileOf(world, `file ${at}`, `content ${at}`);
      let count = 0, crashed = false;
      const dying = await world.client(ALICE);
      await dying.connect();
      ClientStore.prototype.transaction = async function <T>(
        this: ClientStore,
        change: () => Promise<T> | T,
      ) {
        if (count++ === at) throw crash;
        const result = await transaction.call(this, change) as T;
        if (count++ === at) throw crash;
        return result;
      };
      try {
        const message = await dying.files.outgoing.send(dying.conversationWith("bob"), [{ path }], {});
        await dying.deliverSent(message);
      } catch (error) {
        assert.equal(error, crash);
        crashed = true;
      } finally {
        ClientStore.prototype.transaction = transaction;
        await world.close(dying);
      }
      const isTaken = await run(world, ALICE, async (client) => {
        const { outgoing, incoming } = client.files;
        await outgoing.settle();
        for (const { id } of await outgoing.pending()) await outgoing.resume(id);
        await client.deliverAll((error) => assert.fail(error));
        assert.deepEqual(await client.files.transfers.pending(), []);
        return incoming.list().some(({ name }) => name === `file ${at}`);
      });
      // Before it is written down, nothing was promised.
      if (isTaken) sent.push(`file ${at}`);
      else assert.ok(crashed);
      if (!crashed) break;
    }
    assert.ok(sent.length >= 10, `${sent.length} files`);
    assert.deepEqual(await receive(world, BOB), sent.map((name) => [name, name.replace("file", "content")]));
    assert.deepEqual(blobsOf(world), []);
  }));

Deno.test("who joins a group late is refused the files of before, even with all that opens them", () =>
  onStage(async (world) => {
    const carol = await world.enrol("carol/one");
    const path = fileOf(world, "plan", "the plan");
    const { blob, late } = await run(world, ALICE, async (client) => {
      await client.groups.create("team", ["bob"]);
      const mailbox = client.groups.resolve("team");
      await client.deliverSent(await client.files.outgoing.send(mailbox, [{ path }], {}));
      const { file: blob } = await client.files.transfers.upload(mailbox, { path }, {
        name: "x",
        mediaType: "x/y",
      });
      await client.groups.add("team", ["carol"]);
      const late = await client.files.outgoing.send(mailbox, [{ path }], {});
      await client.deliverSent(late);
      return { blob, late };
    });
    const fetched = (who: DeviceRef) =>
      run(world, who, async ({ files }) => {
        using target = await Deno.open(join(world.home, who.user), { create: true, read: true, write: true });
        await files.transfers.download(blob, target);
        return await Deno.readTextFile(join(world.home, who.user));
      });
    assert.equal(await fetched(BOB), "the plan");
    await assert.rejects(fetched(carol), { kind: "protocol" });
    assert.equal((await Deno.stat(join(world.home, "carol"))).size, 0);
    await run(world, carol, ({ files }) => {
      assert.deepEqual(files.incoming.waiting().map(({ message }) => message), [late.id]);
      return Promise.resolve();
    });
    assert.deepEqual(await receive(world, carol), [["plan", "the plan"]]);
    assert.deepEqual(await receive(world, BOB), [["plan", "the plan"], ["plan", "the plan"]]);
  }));

Deno.test("who joins a group between upload and message gets the files", () =>
  onStage(async (world) => {
    const carol = await world.enrol("carol/one");
    const sources = ["a", "b"].map((name) => ({ path: fileOf(world, name, name) }));
    await run(world, ALICE, async (client) => {
      await client.groups.create("team", ["bob"]);
      const mailbox = client.groups.resolve("team");
      const stop = new AbortController();
      const onProgress = ({ number }: { number: number }) =>
        void (number === 2 && stop.abort(new Error("Ctrl-C")));
      const sending = client.files.outgoing.send(mailbox, sources, { signal: stop.signal, onProgress });
      await assert.rejects(sending, /Ctrl-C/);
      await client.groups.add("team", ["carol"]);
      const [pending] = await client.files.outgoing.pending();
      await client.deliverSent(await client.files.outgoing.resume(pending!.id));
    });
    assert.deepEqual(await receive(world, carol), [["a", "a"], ["b", "b"]]);
    assert.deepEqual(await receive(world, BOB), [["a", "a"], ["b", "b"]]);
    assert.deepEqual(blobsOf(world), []);
  }));

Deno.test("settle() says and delivers what was uploaded to its end", () =>
  onStage(async (world) => {
    const path = fileOf(world, "a.txt", "alpha");
    const { transaction } = ClientStore.prototype;
    await run(world, ALICE, async (client) => {
      ClientStore.prototype.transaction = function <T>(this: ClientStore, change: () => Promise<T> | T) {
        if (blobsOf(world).length > 0) return Promise.reject(new Error("crash"));
        return transaction.call(this, change) as Promise<T>;
      };
      try {
        const sending = client.files.outgoing.send(client.conversationWith("bob"), [{ path }], {});
        await assert.rejects(sending, /crash/);
      } finally {
        ClientStore.prototype.transaction = transaction;
      }
    });
    await run(world, ALICE, (client) => client.files.settle());
    assert.deepEqual(await receive(world, BOB), [["a.txt", "alpha"]]);
  }));

Deno.test("remove() deletes what this device has sent at the relay", () =>
  onStage(async (world) => {
    const path = fileOf(world, "a.txt", "alpha");
    await run(world, ALICE, async (client) => {
      await client.deliverSent(
        await client.files.outgoing.send(client.conversationWith("bob"), [{ path }], {}),
      );
      const [item] = client.files.incoming.list();
      assert.equal((await client.files.incoming.remove(item!)).state, "removed");
    });
    assert.deepEqual(blobsOf(world), []);
    await assert.rejects(receive(world, BOB), { code: "blob-unknown" });
    assert.deepEqual(await receive(world, BOB), []);
  }));

Deno.test("send() takes an answer's target and an expiry, and what is taken back or over is deleted at the relay", () =>
  onStage(async (world) => {
    const path = fileOf(world, "plan", "the plan");
    const { asked, sent } = await run(world, ALICE, async (client) => {
      const conversation = client.conversationWith("bob");
      const { outgoing } = client.files;
      const asked = await client.enqueue("bob", "where is it?");
      await client.deliverSent(asked);
      const refused = { replyTo: "ffffffff" };
      await assert.rejects(outgoing.send(conversation, [{ path }], refused), { code: "message-unknown" });
      const endless = { expiresInMs: 1 };
      await assert.rejects(outgoing.send(conversation, [{ path }], endless), { code: "expiry-malformed" });
      const options = { replyTo: asked.id.slice(0, 8), expiresInMs: 60_000 };
      const sent = await outgoing.send(conversation, [{ path }], options);
      await client.deliverSent(sent);
      const gone = await outgoing.send(conversation, [{ path }], { caption: "taken back" });
      await client.deliverSent(gone);
      assert.equal(blobsOf(world).length, 2);
      await client.composer.enqueue(conversation, { type: "delete", target: gone.id });
      await client.files.tellRelay();
      assert.equal(blobsOf(world).length, 1);
      return { asked, sent };
    });
    const [, files] = await run(world, BOB, (client) => Promise.resolve(client.history.unread()));
    assert.deepEqual([files!.id, files!.target], [sent.id, asked.id]);
    assert.ok(files!.expires!.getTime() - files!.time.getTime() > 50_000);
    world.relay.pass(120_000);
    await run(world, ALICE, (client) => client.history.sweep());
    assert.deepEqual(blobsOf(world), []);
  }));
