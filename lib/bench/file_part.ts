import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { type FileDescriptor, FileTransfers, importPacking, type UploadSource } from "../client/mod.ts";
import { SecretBytes, systemRandom } from "../crypto/mod.ts";
import { parseCertificates } from "../pki/mod.ts";
import { CellCipher } from "../store/mod.ts";
import { dial, type TlsIdentity } from "../transport/mod.ts";
import { PROTOCOL_VERSION } from "../wire/mod.ts";
import { type PartChannel, readJson } from "./part.ts";
import { processUsage } from "./relay_part.ts";
import { createServerCheck } from "./server_check.ts";
import { receiveTcp, sendTcp, type TcpReceiver } from "./tcp_copy.ts";

/** Who sends or receives files. */
export interface FileSetup {
  /** The relay's port on 127.0.0.1. */
  port: number;
  /** The authority's root in PEM. */
  rootPem: string;
  /** What is shown. */
  identity: TlsIdentity;
  /** A folder of this part's own. */
  folder: string;
}

/** What is to be done; the answer is a {@link FileResult}. */
export type FileTask =
  | { do: "upload"; mailbox: string; path: string; isFolder: boolean }
  | { do: "download"; file: FileInJson; path: string; isFolder: boolean }
  /** Waits for the file of a `copy`; answered at once. */
  | { do: "await-copy"; path: string }
  | { do: "finish-copy" }
  | { do: "copy"; path: string; port: number };

/** What came of it. */
export interface FileResult {
  /** How long it took. */
  elapsedMs: number;
  /** The most memory that the process has held until now. */
  peakBytes: number;
  /** What an upload has made. */
  file?: FileInJson;
  /** Where a copy is awaited. */
  port?: number;
}

/** A descriptor that can stand in a line of JSON: its bytes in hexadecimal. */
export interface FileInJson extends Omit<FileDescriptor, "blob" | "key" | "hash"> {
  /** The relay's name for it. */
  blob: string;
  /** Its key. */
  key: string;
  /** Its hash. */
  hash: string;
}

/** Sends and receives files. */
export async function runFilePart({ lines, write }: PartChannel): Promise<void> {
  const setup = await readJson<FileSetup>(lines);
  if (setup === undefined) return;
  const worker = new FileWorker(setup);
  write("{}");
  try {
    for (let task = await readJson<FileTask>(lines); task; task = await readJson<FileTask>(lines)) {
      const began = performance.now();
      const more = await worker.run(task);
      const elapsedMs = performance.now() - began;
      write(JSON.stringify({ elapsedMs, peakBytes: processUsage().peakBytes, ...more } satisfies FileResult));
    }
  } finally {
    await worker.close();
  }
}

class FileWorker {
  readonly #transfers: FileTransfers;
  #receiver: TcpReceiver | undefined;

  constructor({ port, rootPem, identity, folder }: FileSetup) {
    const checkServer = createServerCheck(parseCertificates(rootPem)[0]!);
    this.#transfers = new FileTransfers({
      async connect(signal) {
        const connection = await dial({ host: "127.0.0.1", port, identity, checkServer, signal });
        await connection.request("hello", { version: PROTOCOL_VERSION, agent: "parley-bench" });
        return connection;
      },
      folder: `${folder}/uploads`,
      cipher: new CellCipher(systemRandom(32), systemRandom),
      random: systemRandom,
      clock: () => new Date(),
    });
  }

  async run(task: FileTask): Promise<Pick<FileResult, "file" | "port">> {
    switch (task.do) {
      case "upload":
        return { file: await this.#upload(task) };
      case "download":
        await this.#download(task);
        return {};
      case "await-copy":
        this.#receiver = await receiveTcp(task.path);
        return { port: this.#receiver.port };
      case "finish-copy":
        await this.#receiver?.done;
        return {};
      case "copy":
        await sendTcp(task.path, task.port);
        return {};
    }
  }

  close(): Promise<void> {
    return this.#transfers.close();
  }

  async #upload({ mailbox, path, isFolder }: Extract<FileTask, { do: "upload" }>): Promise<FileInJson> {
    const source: UploadSource = isFolder
      ? { stream: (await importPacking()).packFolder(path, { onLeftOut() {} }) }
      : { path };
    const options = { name: "bench", mediaType: "application/octet-stream" };
    const { id, file } = await this.#transfers.upload(mailbox, source, options);
    await this.#transfers.forget(id);
    const { blob, key, hash } = file;
    return { ...file, blob: encodeHex(blob), key: encodeHex(key.expose()), hash: encodeHex(hash) };
  }

  /** As a client saves it: the file, or what is in it, on the disk; then the relay may delete its own. */
  async #download({ file, path, isFolder }: Extract<FileTask, { do: "download" }>): Promise<void> {
    const [blob, hash] = [decodeHex(file.blob), decodeHex(file.hash)];
    const key = new SecretBytes(decodeHex(file.key));
    const partial = isFolder ? `${path}.tar` : path;
    {
      using target = await Deno.open(partial, { create: true, truncate: true, read: true, write: true });
      await this.#transfers.download({ ...file, blob, key, hash }, target, { path: partial });
    }
    if (isFolder) {
      await Deno.mkdir(path);
      await (await importPacking()).unpackFolder((await Deno.open(partial)).readable, path);
      await Deno.remove(partial);
    }
    await this.#transfers.done(blob);
  }
}
