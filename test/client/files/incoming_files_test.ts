import assert from "node:assert/strict";
import { join } from "node:path";
import { packTar } from "modern-tar";
import { digest, SecretBytes, systemRandom } from "../../../lib/crypto/mod.ts";
import { AuthenticationError, NetworkError, ProtocolError } from "../../../lib/errors/mod.ts";
import { encodeFiles, type FileReference } from "../../../lib/client/content/mod.ts";
import { FOLDER_TYPE, toFileReference } from "../../../lib/client/files/file_content.ts";
import { type ContentTransfers, IncomingFiles } from "../../../lib/client/files/incoming_files.ts";
import { decodeContent } from "../../../lib/client/content/mod.ts";
import { addMessage } from "../../../lib/client/history/add_message.ts";
import type { VisibleContent } from "../../../lib/client/history/index_content.ts";
import { CellCipher, ClientStore } from "../../../lib/store/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

const MAILBOX = "direct:alice,bob";

/** Serves contents by their blob's id, and keeps what it was told. */
class ScriptedTransfers implements ContentTransfers {
  readonly contents = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly told: string[] = [];
  downloads = 0;
  /** Thrown by the next downloads where set. */
  refusal: Error | undefined;
  unreachable = false;

  download(file: { blob: Uint8Array<ArrayBuffer> }, target: Deno.FsFile): Promise<void> {
    this.downloads++;
    target.seekSync(0, Deno.SeekMode.Start);
    target.truncateSync();
    const content = this.contents.get(file.blob.toHex())!;
    if (this.refusal !== undefined) {
      target.writeSync(content.subarray(0, 3));
      return Promise.reject(this.refusal);
    }
    target.writeSync(content);
    return Promise.resolve();
  }

  done(blob: Uint8Array): Promise<void> {
    return this.#tell(`done ${blob.toHex()}`);
  }

  share(blob: Uint8Array, seq: number): Promise<void> {
    return this.#tell(`share ${blob.toHex()} ${seq}`);
  }

  delete(blob: Uint8Array): Promise<void> {
    return this.#tell(`delete ${blob.toHex()}`);
  }

  #tell(what: string): Promise<void> {
    if (this.unreachable) {
      return Promise.reject(new NetworkError("connection-lost", "the connection was lost"));
    }
    this.told.push(what);
    return Promise.resolve();
  }
}

class Stage {
  readonly transfers = new ScriptedTransfers();
  readonly store: ClientStore;
  /** Where files are saved. */
  readonly folder: string;

  constructor(root: string) {
    const cipher = new CellCipher(systemRandom(32), systemRandom);
    Deno.mkdirSync(join(root, "identity"));
    this.store = ClientStore.open(join(root, "identity"), { cipher, holder: "test" });
    this.folder = join(root, "in");
  }

  /** As a process would that begins now. */
  get files(): IncomingFiles {
    return new IncomingFiles(this.store, this.transfers);
  }

  /** A file of a content, as a message of alice's would name it. */
  reference(name: string, content: Uint8Array<ArrayBuffer>, mediaType = "text/plain"): FileReference {
    const blob = systemRandom(32);
    this.transfers.contents.set(blob.toHex(), content);
    const hash = new Uint8Array(digest("SHA-256", content));
    return toFileReference({
      blob,
      key: new SecretBytes(systemRandom(32)),
      size: content.length,
      hash,
      name,
      mediaType,
    });
  }

  async receive(...references: FileReference[]): Promise<void> {
    const id = systemRandom(16);
    const content = encodeFiles(references, systemRandom);
    const decoded = decodeContent(content) as VisibleContent;
    const line = { id, mailbox: MAILBOX, seq: 1, user: "alice", device: "one", time: 1, outgoing: false };
    await this.store.transaction(() => addMessage(this.store, { ...line, content, decoded }, 2));
  }

  names(): string[] {
    return Array.from(Deno.readDirSync(this.folder), ({ name }) => name).sort();
  }
}

function onStage(work: (stage: Stage) => Promise<void>): Promise<void> {
  return inFolder(async (root) => {
    const stage = new Stage(await Deno.realPath(root));
    try {
      await work(stage);
    } finally {
      await stage.store.close();
    }
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("save() gives hostile names a safe one in the folder", () =>
  onStage(async (stage) => {
    const hostile = [
      "../../escaped",
      "/srv/escaped",
      "..",
      ".ssh",
      "-rf",
      "a\u202etxt.exe",
      "x".repeat(250),
      "nul",
    ];
    await stage.receive(...hostile.map((name) => stage.reference(name, bytes(name))));
    for (const item of stage.files.waiting()) {
      const { item: saved } = await stage.files.save(item, stage.folder);
      await stage.files.markAnnounced(saved);
      assert.equal(await Deno.readTextFile(saved.path!), item.name);
    }
    assert.deepEqual(stage.names(), [
      ...["__.._escaped", "_nul", "_rf", "_srv_escaped", "_ssh", "a_txt.exe", "file", "x".repeat(240)],
    ]);
    assert.deepEqual(stage.files.waiting(), []);
    await stage.files.tellRelay();
    assert.equal(stage.transfers.told.length, hostile.length);
  }));

for (const kind of ["file", "folder"] as const) {
  Deno.test(`save() goes on with a ${kind} after a crash at any instant, and leaves nothing else`, async () => {
    const crash = new Error("crash");
    let instants = 0;
    for (let at = 0; at < 100; at++) {
      let crashed = false;
      await onStage(async (stage) => {
        const content = kind === "file"
          ? bytes("content")
          : await packTar([{ header: { name: "d/x", size: 7, type: "file" }, body: "content" }]);
        await stage.receive(stage.reference("name", content, kind === "file" ? "text/plain" : FOLDER_TYPE));
        const dying = stage.files;
        const { transaction } = stage.store;
        let count = 0;
        // Each change is an instant before and one after it.
        stage.store.transaction = async <T>(change: () => Promise<T> | T): Promise<T> => {
          if (count++ === at) throw crash;
          const result = await transaction.call(stage.store, change) as T;
          if (count++ === at) throw crash;
          return result;
        };
        const takeIn = async (files: IncomingFiles) => {
          for (const item of files.waiting()) {
            await files.save(item, stage.folder);
            await files.markAnnounced(item);
          }
          await files.tellRelay();
        };
        await takeIn(dying).catch((error) => {
          assert.equal(error, crash);
          crashed = true;
        });
        stage.store.transaction = transaction;
        await takeIn(stage.files);
        assert.deepEqual(stage.names(), ["name"], `at instant ${at}`);
        const path = join(stage.folder, kind === "file" ? "name" : "name/d/x");
        assert.equal(await Deno.readTextFile(path), "content");
        const [saved] = stage.files.list();
        assert.deepEqual([saved!.state, saved!.path], ["saved", join(stage.folder, "name")]);
        assert.ok(stage.transfers.told.length >= 1);
      });
      if (!crashed) break;
      instants++;
    }
    assert.ok(instants >= 8, `${instants} instants`);
  });
}

Deno.test("save() leaves what is damaged or gone, and says so of it", () =>
  onStage(async (stage) => {
    const errors = [
      [new AuthenticationError("file-refused", "refused"), "refused"],
      [new ProtocolError("blob-unknown", "unknown"), "gone"],
    ] as const;
    for (const [error, state] of errors) {
      await stage.receive(stage.reference("a", bytes("content")));
      stage.transfers.refusal = error;
      const item = stage.files.list().at(-1)!;
      await assert.rejects(stage.files.save(item, stage.folder), error);
      assert.equal(stage.files.find(item.id).state, state);
      assert.deepEqual(stage.names(), []);
    }
    stage.transfers.refusal = new NetworkError("connection-lost", "lost");
    await stage.receive(stage.reference("a", bytes("content")));
    await assert.rejects(stage.files.save(stage.files.waiting()[0]!, stage.folder), {
      code: "connection-lost",
    });
    assert.deepEqual(stage.names(), [`.parley-${stage.files.waiting()[0]!.id}.part`]);
    assert.equal(stage.files.waiting()[0]!.state, "saving");
    stage.transfers.refusal = undefined;
    const elsewhere = `${stage.folder}2`;
    await stage.files.save(stage.files.waiting()[0]!, elsewhere);
    assert.deepEqual(stage.names(), [], "what had arrived in another folder is removed");
    await stage.files.tellRelay();
    assert.deepEqual(stage.transfers.told.length, 1);
  }));

Deno.test("two processes that save the same file at once save it once", () =>
  onStage(async (stage) => {
    await stage.receive(stage.reference("a", bytes("content")));
    const item = stage.files.waiting()[0]!;
    const [one, other] = [stage.files, stage.files];
    const outcomes = await Promise.allSettled([one.save(item, stage.folder), other.save(item, stage.folder)]);
    const busy = outcomes.flatMap((outcome) => outcome.status === "rejected" ? [outcome.reason.code] : []);
    assert.deepEqual(busy, ["file-busy"]);
    assert.equal((await other.save(item, stage.folder)).item.path, join(stage.folder, "a"));
    assert.deepEqual(stage.names(), ["a"]);
    assert.equal(stage.transfers.downloads, 1);
  }));

Deno.test("save() refuses a folder that would get out, and makes nothing of it", () =>
  onStage(async (stage) => {
    const tar = await packTar([
      { header: { name: "fine", size: 1, type: "file" }, body: "x" },
      { header: { name: "../out", size: 1, type: "file" }, body: "x" },
    ]);
    await stage.receive(stage.reference("f", tar, FOLDER_TYPE));
    await assert.rejects(stage.files.save(stage.files.waiting()[0]!, stage.folder), {
      code: "folder-refused",
    });
    assert.deepEqual(stage.names(), []);
    assert.equal(stage.files.list()[0]!.state, "refused");
  }));

Deno.test("save() of what is saved already saves it once more, and forgets nothing where that fails", () =>
  onStage(async (stage) => {
    await stage.receive(stage.reference("a", bytes("content")));
    const [item] = stage.files.list();
    const { item: first } = await stage.files.save(item!, stage.folder);
    assert.equal(
      (await stage.files.save(item!, stage.folder)).item.path,
      first.path,
      "nobody has heard of it",
    );
    await stage.files.markAnnounced(first);
    assert.equal((await stage.files.save(item!, stage.folder)).item.path, join(stage.folder, "a (2)"));
    await stage.files.markAnnounced(item!);
    stage.transfers.refusal = new ProtocolError("blob-unknown", "unknown");
    await assert.rejects(stage.files.save(item!, stage.folder), { code: "blob-unknown" });
    const after = stage.files.find(item!.id);
    assert.deepEqual([after.state, after.path], ["saved", join(stage.folder, "a (2)")]);
    assert.equal(first.path, join(stage.folder, "a"));
  }));

Deno.test("tellRelay() tells again what the relay could not be told", () =>
  onStage(async (stage) => {
    await stage.receive(stage.reference("a", bytes("content")), stage.reference("b", bytes("other")));
    stage.transfers.unreachable = true;
    const [a, b] = stage.files.list();
    await stage.files.save(a!, stage.folder);
    await assert.rejects(stage.files.tellRelay(), { code: "connection-lost" });
    assert.equal(stage.files.find(a!.id).state, "saved");
    await stage.files.remove(b!);
    stage.transfers.unreachable = false;
    await stage.files.tellRelay();
    await stage.files.tellRelay();
    assert.equal(stage.transfers.told.length, 2);
    assert.deepEqual(stage.files.list().map(({ state }) => state), ["saved", "removed"]);
  }));

Deno.test("list() shows a file that is none of a parley relay's, and save() refuses it", () =>
  onStage(async (stage) => {
    const good = stage.reference("a", bytes("content"));
    const foreign: FileReference[] = [
      { ...good, url: "https://example.com/a" },
      { ...good, url: `${good.url}00` },
      { ...good, encAlg: 1 },
      { ...good, key: new SecretBytes(new Uint8Array(16)) },
      { ...good, hash: new Uint8Array(20) },
      { ...good, size: 2 ** 50 },
    ];
    await stage.receive(...foreign);
    for (const item of stage.files.waiting()) {
      await assert.rejects(stage.files.save(item, stage.folder), { code: "file-descriptor-malformed" });
    }
    assert.equal(stage.transfers.downloads, 0);
    assert.deepEqual(stage.files.list().map(({ state }) => state), foreign.map(() => "refused"));
  }));

Deno.test("find() takes the first digits of an id", () =>
  onStage(async (stage) => {
    await stage.receive(stage.reference("a", bytes("a")), stage.reference("b", bytes("b")));
    const [a, b] = stage.files.list();
    assert.equal(stage.files.find(a!.id.slice(0, 8).toUpperCase()).name, "a");
    assert.equal(stage.files.find(b!.id).name, "b");
    assert.throws(() => stage.files.find("ab"), { code: "file-id-malformed" });
    assert.throws(() => stage.files.find("0".repeat(32)), { code: "file-unknown" });
  }));
