import assert from "node:assert/strict";
import type { FileTransfers } from "../../../lib/client/files/file_transfers.ts";
import type { DownloadOptions, TransferProgress } from "../../../lib/client/files/transfer_types.ts";
import { FILE_CHUNK_BYTES, layOutFile } from "../../../lib/client/files/file_layout.ts";
import { equalBytes } from "../../../lib/bytes/mod.ts";
import { digest } from "../../../lib/crypto/mod.ts";
import { encodeBlobRecord } from "../../../lib/wire/mod.ts";
import {
  connectDevice,
  createGroup,
  issueDevice,
  type TestDevice,
  TestRelay,
} from "../../support/relay_fixture.ts";
import { content, download, openTransfers, type Tamper } from "../../support/transfer_fixture.ts";

const TYPE = { name: "report.pdf", mediaType: "application/pdf" };

/** A relay, alice and bob in a group, and their transfers. */
class Fixture implements AsyncDisposable {
  readonly folder: string;
  readonly mailbox: string;
  readonly alice: FileTransfers;
  readonly bob: FileTransfers;
  readonly #relay: TestRelay;
  readonly #devices: TestDevice[];
  /** What the relay does otherwise than it should; for both. */
  tamper: Tamper | undefined;

  private constructor(
    relay: TestRelay,
    devices: TestDevice[],
    mailbox: string,
    tls: { alice: never; bob: never },
  ) {
    this.folder = relay.folder;
    this.mailbox = mailbox;
    this.#relay = relay;
    this.#devices = devices;
    const tamper: Tamper = (op, fields, ask) =>
      this.tamper === undefined ? ask(fields) : this.tamper(op, fields, ask);
    const common = { authority: relay.admin.authority, port: () => relay.port, tamper };
    this.alice = openTransfers({ ...common, identity: tls.alice, folder: `${relay.folder}/alice` });
    this.bob = openTransfers({ ...common, identity: tls.bob, folder: `${relay.folder}/bob` });
  }

  static async start(): Promise<Fixture> {
    const relay = await TestRelay.start();
    const { authority } = relay.admin;
    const names = ["alice", "bob"].map((user) => ({ user, device: "laptop" }));
    const [alice, bob] = await Promise.all(names.map((name) => issueDevice(authority, name)));
    const devices = await Promise.all(
      [alice!, bob!].map((tls, i) => connectDevice(authority, relay.port, names[i]!, tls)),
    );
    const mailbox = await createGroup(devices[0]!, devices[1]!);
    return new Fixture(relay, devices, mailbox, { alice: alice as never, bob: bob as never });
  }

  /** A file on disk. */
  file(bytes: Uint8Array, name = "source"): string {
    const path = `${this.folder}/${name}`;
    Deno.writeFileSync(path, bytes);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.alice.close();
    await this.bob.close();
    for (const device of this.#devices) await device.connection.close();
    await this.#relay[Symbol.asyncDispose]();
  }
}

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
  }
}

Deno.test("FileTransfers brings files of all sizes over, from a path and from a stream", async () => {
  await using test = await Fixture.start();
  const sizes = [0, 1, 4_096, FILE_CHUNK_BYTES - 1, FILE_CHUNK_BYTES, FILE_CHUNK_BYTES + 1, 3_000_000];
  for (const size of sizes) {
    const bytes = content(size);
    for (const source of [{ path: test.file(bytes) }, { stream: inPieces(bytes, 100_003) }]) {
      const { id, file } = await test.alice.upload(test.mailbox, source, TYPE);
      assert.deepEqual({ ...TYPE, size, hash: digest("SHA-256", bytes) }, {
        name: file.name,
        mediaType: file.mediaType,
        size: file.size,
        hash: file.hash,
      });
      assert.deepEqual(await download(test.bob, file, `${test.folder}/received`), bytes);
      Deno.removeSync(`${test.folder}/received`);
      await test.alice.forget(id);
      await test.bob.done(file.blob);
      await assert.rejects(download(test.bob, file, `${test.folder}/received`), { code: "blob-unknown" });
    }
  }
  assert.deepEqual(await test.alice.pending(), []);
  assert.deepEqual([...Deno.readDirSync(`${test.folder}/alice`)], []);
});

Deno.test("FileTransfers goes on with an upload without sending again what was confirmed", async () => {
  await using test = await Fixture.start();
  const bytes = content(40 * FILE_CHUNK_BYTES);
  for (const source of [{ path: test.file(bytes) }, { stream: inPieces(bytes, 1_000_000) }]) {
    const stop = new AbortController();
    let confirmed = 0;
    const puts: number[] = [];
    test.tamper = (op, fields, ask) => {
      if (op === "blob-put") puts.push((fields as { index: number }).index);
      return ask(fields);
    };
    const onProgress = ({ phase, doneBytes }: TransferProgress) => {
      if (phase === "sending") confirmed = doneBytes / FILE_CHUNK_BYTES;
      if (confirmed >= 10) stop.abort(new Error("enough"));
    };
    const options = { ...TYPE, note: "mine", onProgress, signal: stop.signal };
    await assert.rejects(test.alice.upload(test.mailbox, source, options), { message: "enough" });
    const [upload] = await test.alice.pending();
    assert.equal(upload?.note, "mine");
    assert.equal(upload.complete, false);
    puts.length = 0;
    const { id, file } = await test.alice.resume(upload.id);
    assert(puts[0]! >= confirmed && puts.length <= layOutFile(bytes.length).chunks - confirmed);
    assert.deepEqual(await download(test.bob, file, `${test.folder}/received`), bytes);
    assert.equal((await test.alice.pending())[0]?.complete, true);
    Deno.removeSync(`${test.folder}/received`);
    await test.alice.discard(id);
    await assert.rejects(download(test.bob, file, `${test.folder}/received`), { code: "blob-unknown" });
    Deno.removeSync(`${test.folder}/received`);
  }
});

Deno.test("FileTransfers never uses a key and nonce again where the source has changed in between", async () => {
  await using test = await Fixture.start();
  const path = test.file(new Uint8Array(5 * FILE_CHUNK_BYTES));
  const sent: Uint8Array[] = [];
  test.tamper = (op, fields, ask) => {
    if (op !== "blob-put") return ask(fields);
    sent.push((fields as { record: Uint8Array }).record.slice(4, 20));
    return Promise.reject(new Error("the relay got it and said nothing"));
  };
  await assert.rejects(test.alice.upload(test.mailbox, { path }, TYPE), { message: /said nothing/ });
  const { id } = (await test.alice.pending())[0]!;
  await assert.rejects(test.alice.resume(id), { message: /said nothing/ });
  assert.notDeepEqual(sent.at(-1), sent[0]);
  Deno.writeFileSync(path, new Uint8Array(5 * FILE_CHUNK_BYTES).fill(1));
  Deno.utimeSync(path, 1, 1);
  await assert.rejects(test.alice.resume(id), { code: "file-changed" });
  test.tamper = undefined;
  await test.alice.discard(id);
});

for (
  const { what, chunks, kept, damaged } of [
    { what: "a download", chunks: 20, kept: 8, damaged: 3 },
    { what: "one so long that a thread hashes it", chunks: 140, kept: 100, damaged: 130 },
  ]
) {
  Deno.test(`FileTransfers goes on with ${what}, and notices that its beginning was damaged`, async () => {
    await using test = await Fixture.start();
    const bytes = content(chunks * FILE_CHUNK_BYTES + 5);
    const { file } = await test.alice.upload(test.mailbox, { path: test.file(bytes) }, TYPE);
    const gets: number[] = [];
    test.tamper = (op, fields, ask) => {
      if (op === "blob-get") gets.push((fields as { index: number }).index);
      return ask(fields);
    };
    const path = test.file(bytes.subarray(0, kept * FILE_CHUNK_BYTES + 77), "received");
    assert(equalBytes(await download(test.bob, file, path), bytes));
    assert.equal(gets[0], kept);
    gets.length = 0;
    test.file(bytes.subarray(0, damaged * FILE_CHUNK_BYTES).with(9, bytes[9]! ^ 1), "received");
    assert(equalBytes(await download(test.bob, file, path), bytes));
    assert.deepEqual([gets[0], gets.includes(0)], [damaged, true]);
  });
}

Deno.test("FileTransfers says how far it is, and can be broken off, while what was there before is hashed", async () => {
  await using test = await Fixture.start();
  const size = 2 ** 33, path = test.file(new Uint8Array(), "received");
  Deno.truncateSync(path, size);
  const { file } = await test.alice.upload(test.mailbox, { path: test.file(content(10)) }, TYPE);
  const stop = new AbortController(), heard: TransferProgress[] = [];
  const onProgress = (progress: TransferProgress) => {
    heard.push(progress);
    stop.abort(new Error("enough"));
  };
  {
    using target = Deno.openSync(path, { read: true, write: true });
    const options = { path, signal: stop.signal, onProgress };
    await assert.rejects(test.bob.download({ ...file, size }, target, options), { message: "enough" });
  }
  assert.deepEqual(heard.map(({ phase, totalBytes }) => [phase, totalBytes]), [["checking", size]]);
  assert(heard[0]!.doneBytes > 0 && heard[0]!.doneBytes < size);
  assert.equal(Deno.statSync(path).size, size);
});

/** What runs on threads while a test lasts: the sanitizers do not count them. */
class ThreadCount implements Disposable {
  started = 0;
  ended = 0;
  readonly #real = globalThis.Worker;

  constructor() {
    const started = () => this.started++, ended = () => this.ended++;
    globalThis.Worker = class extends this.#real {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        started();
      }

      override terminate(): void {
        super.terminate();
        ended();
      }
    };
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#real;
  }
}

Deno.test("FileTransfers leaves no thread behind, however the download of a long file ends", async () => {
  await using test = await Fixture.start();
  const bytes = content(129 * FILE_CHUNK_BYTES);
  const { file } = await test.alice.upload(test.mailbox, { path: test.file(bytes) }, TYPE);
  const stop = new AbortController();
  const abort = () => stop.abort(new Error("enough"));
  const path = `${test.folder}/received`, cut = `${test.folder}/cut`, missing = `${test.folder}/missing`;
  const other = test.file(bytes, "whole"), damaged = test.file(bytes.with(0, bytes[0]! ^ 1), "damaged");
  const unknown = { ...file, blob: new Uint8Array(32) }, misnamed = { ...file, hash: new Uint8Array(32) };
  type End = [string, typeof file, DownloadOptions & { at?: string; write?: boolean }, string?];
  const ends: End[] = [
    ["unknown", unknown, { path }, "blob-unknown"],
    ["another one", misnamed, { path }, "file-refused"],
    ["broken off", file, { path: cut, at: cut, signal: stop.signal, onProgress: abort }, "enough"],
    ["not to be written", file, { path: other, at: other, write: false }, "file-unwritable"],
    ["not under its name", file, { path: missing, at: other }, "file-unreadable"],
    ["begun damaged", file, { path: damaged, at: damaged }],
  ];
  for (const [what, named, { at = path, write = true, ...options }, expected] of ends) {
    using threads = new ThreadCount();
    using target = Deno.openSync(at, { read: true, write, create: write });
    const error = await test.bob.download(named, target, options).then(() => undefined, (error) => error);
    assert.equal(error?.code ?? error?.message, expected, what);
    assert.deepEqual([threads.started, threads.ended], expected === undefined ? [2, 2] : [1, 1], what);
  }
  assert(equalBytes(Deno.readFileSync(damaged), bytes));
});

Deno.test("FileTransfers refuses whatever a relay serves in place of the file", async () => {
  await using test = await Fixture.start();
  const bytes = content(6 * FILE_CHUNK_BYTES);
  const path = test.file(bytes);
  const { file: old } = await test.alice.upload(test.mailbox, { path }, TYPE);
  const { file } = await test.alice.upload(test.mailbox, { path }, TYPE);
  const last = layOutFile(file.size).chunks - 1;
  type Get = { blob: Uint8Array<ArrayBuffer>; index: number };
  const changed = (
    change: (get: Get, ask: (get: Get) => Promise<{ record: Uint8Array }>) => unknown,
  ): Tamper => {
    return ((op, fields, ask) =>
      op === "blob-get" ? change(fields as Get, ask as never) : ask(fields)) as Tamper;
  };
  const hostile: Record<string, Tamper> = {
    "flips a bit": changed(async (get, ask) => {
      const { record } = await ask(get);
      const payload = record.slice(4);
      if (get.index === 3) payload[50]! ^= 1;
      return { record: encodeBlobRecord(payload) };
    }),
    "changes the salt": changed(async (get, ask) => {
      const payload = (await ask(get)).record.slice(4);
      payload[0]! ^= 1;
      return { record: encodeBlobRecord(payload) };
    }),
    "drops the last chunk": changed((get, ask) =>
      ask(get.index === last ? { ...get, index: last - 1 } : get)
    ),
    "serves an old blob": changed((get, ask) => ask({ ...get, blob: old.blob })),
    "serves one chunk of an old blob": changed((get, ask) =>
      ask(get.index === 2 ? { ...get, blob: old.blob } : get)
    ),
    "swaps two chunks": changed((get, ask) => ask(get.index < 2 ? { ...get, index: 1 - get.index } : get)),
    "serves next to nothing": changed(() => Promise.resolve({ record: new Uint8Array(5) })),
  };
  for (const [what, tamper] of Object.entries(hostile)) {
    test.tamper = tamper;
    const target = `${test.folder}/${what}`;
    await assert.rejects(
      download(test.bob, file, target),
      { code: "file-refused", kind: "authentication" },
      what,
    );
  }
  test.tamper = undefined;
  const wrong = { ...file, hash: new Uint8Array(32) };
  await assert.rejects(download(test.bob, wrong, `${test.folder}/wrong`), { code: "file-refused" });
  assert.deepEqual(await download(test.bob, file, `${test.folder}/right`), bytes);
});

Deno.test("FileTransfers has one process at a time work at an upload", async () => {
  await using test = await Fixture.start();
  const reached = Promise.withResolvers<void>(), goOn = Promise.withResolvers<void>();
  test.tamper = async (op, fields, ask) => {
    if (op === "blob-finish") {
      reached.resolve();
      await goOn.promise;
    }
    return await ask(fields);
  };
  const uploading = test.alice.upload(test.mailbox, { path: test.file(content(10)) }, TYPE);
  await reached.promise;
  const [upload] = await test.alice.pending();
  assert.equal(upload?.busy, true);
  await assert.rejects(test.alice.resume(upload.id), { code: "upload-busy" });
  goOn.resolve();
  await test.alice.forget((await uploading).id);
  await assert.rejects(test.alice.resume(upload.id), { code: "upload-unknown" });
});

Deno.test("FileTransfers leaves nothing behind of an upload that cannot begin", async () => {
  await using test = await Fixture.start();
  const failing = (async function* () {
    yield new Uint8Array(300_000);
    throw await Promise.resolve(new Error("the stream broke"));
  })();
  await assert.rejects(test.alice.upload(test.mailbox, { stream: failing }, TYPE), {
    message: "the stream broke",
  });
  const missing = { path: `${test.folder}/missing` };
  await assert.rejects(test.alice.upload(test.mailbox, missing, TYPE), { code: "file-not-found" });
  await assert.rejects(test.alice.upload(test.mailbox, { path: test.folder }, TYPE), {
    code: "file-not-regular",
  });
  assert.deepEqual(await test.alice.pending(), []);
  assert.deepEqual([...Deno.readDirSync(`${test.folder}/alice`)], []);
});
