import { statfs } from "node:fs/promises";
import { StorageError } from "../errors/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import type { FileResult, FileSetup, FileTask } from "./file_part.ts";
import { formatAmount, formatSize } from "./measurement.ts";
import { PartProcess } from "./part.ts";
import { RelayStage, type StagedDevice } from "./relay_stage.ts";
import type { Recorder, ScenarioSettings } from "./scenario.ts";

const MIB = 1024 * 1024;
const ROUNDS = 3;
/** What is measured in a second and more, unless told otherwise; of less time as much less. */
const USUAL_BYTES = 256 * MIB, USUAL_FILES = 10_000, MIN_FILES = 100;
const SMALL_FILE_BYTES = 1024;
/** A file is there four times at once (source, copy, relay, receiver), and half of the disk is not ours to fill. */
const COPIES = 8;

/** `files`: what goes through a relay in large, beside a plain TCP copy in the same run. */
export async function runFilesScenario(settings: ScenarioSettings, record: Recorder): Promise<void> {
  await using stage = await RelayStage.open(settings.program);
  await using bench = await FileBench.open(stage, settings, record);
  await bench.largeFile(await chooseBytes(stage.folder, settings));
  await bench.smallFiles(Math.max(MIN_FILES, Math.round(USUAL_FILES * shareOfUsual(settings))));
}

function shareOfUsual({ durationMs }: ScenarioSettings): number {
  return Math.min(1, durationMs / 1_000);
}

/**
 * How large the file is.
 *
 * @throws {StorageError} `disk-full` where there is no room for the size that was asked for
 */
async function chooseBytes(folder: string, settings: ScenarioSettings): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  const most = Math.floor(bavail * bsize / COPIES);
  const { fileBytes } = settings;
  if (fileBytes === undefined) {
    return Math.max(1, Math.floor(Math.min(most, USUAL_BYTES * shareOfUsual(settings)) / MIB)) * MIB;
  }
  if (fileBytes <= most) return fileBytes;
  throw new StorageError(
    "disk-full",
    `a file of ${formatAmount(fileBytes / 1e9)} GB does not fit here ${COPIES} times`,
    {
      hint: "set TMPDIR to a folder on a larger disk",
    },
  );
}

/** A sender and a receiver in processes of their own, in one conversation. */
class FileBench implements AsyncDisposable {
  readonly #stage: RelayStage;
  readonly #mailbox: string;
  readonly #sender: PartProcess;
  readonly #receiver: PartProcess;
  readonly #settings: ScenarioSettings;
  readonly #record: Recorder;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    stage: RelayStage,
    mailbox: string,
    [sender, receiver]: readonly [PartProcess, PartProcess],
    parts: AsyncDisposableStack,
    [settings, record]: readonly [ScenarioSettings, Recorder],
  ) {
    this.#stage = stage;
    this.#mailbox = mailbox;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#parts = parts;
    this.#settings = settings;
    this.#record = record;
  }

  static async open(stage: RelayStage, settings: ScenarioSettings, record: Recorder): Promise<FileBench> {
    settings.onProgress("starting sender and receiver");
    const alice = await stage.device("files", "sender"), bob = await stage.device("files", "receiver");
    await (await stage.greet(bob)).close();
    const connection = await stage.greet(alice);
    const mailbox = await stage.createConversation(connection, [bob]);
    await connection.close();
    await using cleanup = new AsyncDisposableStack();
    const start = async ({ device, identity }: StagedDevice): Promise<PartProcess> => {
      const part = cleanup.use(new PartProcess(settings.program, "file"));
      const { port, rootPem } = stage;
      await part.ask({ port, rootPem, identity, folder: `${stage.folder}/${device}` } satisfies FileSetup);
      return part;
    };
    const parts = [await start(alice), await start(bob)] as const;
    return new FileBench(stage, mailbox, parts, cleanup.move(), [settings, record]);
  }

  async largeFile(bytes: number): Promise<void> {
    const source = `${this.#stage.folder}/source`;
    this.#settings.onProgress(`making a file of ${formatSize(bytes)}`);
    await makeFile(source, bytes, this.#settings.signal);
    const times = await this.#rounds("a large file", async (round) => {
      const copied = await this.#copy(source, `${this.#stage.folder}/copy`);
      return [copied, ...await this.#transfer(source, `${this.#stage.folder}/received${round}`, false)];
    });
    await Deno.remove(source);
    const rate = (ms: number) => bytes / 1e6 / (ms / 1_000);
    const note = formatSize(bytes);
    this.#record("plain TCP copy, on the disk at the end", "MB/s", times.map(([copy]) => rate(copy!)), {
      note,
    });
    this.#record("upload, on the relay's disk at the end", "MB/s", times.map(([, up]) => rate(up!)), {
      note,
    });
    this.#record("download, on the disk at the end", "MB/s", times.map(([, , down]) => rate(down!)), {
      note,
    });
    this.#record("upload: time against the copy", "times", times.map(([copy, up]) => up! / copy!));
    this.#record("download: time against the copy", "times", times.map(([copy, , down]) => down! / copy!));
    await this.#recordMemory(note);
  }

  async smallFiles(count: number): Promise<void> {
    const folder = `${this.#stage.folder}/many`;
    this.#settings.onProgress(`making ${count} files`);
    await Deno.mkdir(folder);
    const content = systemRandom(SMALL_FILE_BYTES);
    for (let i = 0; i < count; i++) {
      this.#settings.signal.throwIfAborted();
      Deno.writeFileSync(`${folder}/${i}`, content);
    }
    const times = await this.#rounds(
      `a folder of ${count} files`,
      (round) => this.#transfer(folder, `${this.#stage.folder}/many${round}`, true),
    );
    const note = `a folder of ${count} of ${formatSize(SMALL_FILE_BYTES)}`;
    const rates = (at: number) => times.map((both) => count / both[at]! * 1_000);
    this.#record("small files, upload", "files/s", rates(0), { note });
    this.#record("small files, download, each on the disk", "files/s", rates(1), { note });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }

  async #rounds(what: string, measure: (round: number) => Promise<number[]>): Promise<number[][]> {
    const times: number[][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      this.#settings.onProgress(`${what}, round ${round + 1} of ${ROUNDS}`);
      times.push(await measure(round));
    }
    return times;
  }

  /** Milliseconds of the upload and of the download. */
  async #transfer(source: string, target: string, isFolder: boolean): Promise<[number, number]> {
    const up = await this.#ask(this.#sender, {
      do: "upload",
      mailbox: this.#mailbox,
      path: source,
      isFolder,
    });
    const down = await this.#ask(this.#receiver, { do: "download", file: up.file!, path: target, isFolder });
    await Deno.remove(target, { recursive: true });
    return [up.elapsedMs, down.elapsedMs];
  }

  async #copy(source: string, target: string): Promise<number> {
    const { port } = await this.#ask(this.#receiver, { do: "await-copy", path: target });
    const began = performance.now();
    await Promise.all([
      this.#ask(this.#sender, { do: "copy", path: source, port: port! }),
      this.#ask(this.#receiver, { do: "finish-copy" }),
    ]);
    const elapsedMs = performance.now() - began;
    await Deno.remove(target);
    return elapsedMs;
  }

  #ask(part: PartProcess, task: FileTask): Promise<FileResult> {
    return part.ask<FileResult>(task, this.#settings.signal);
  }

  /** The copy of a file takes less than the program that is there already. */
  async #recordMemory(note: string): Promise<void> {
    const nothing = { do: "finish-copy" } as const;
    const sender = (await this.#ask(this.#sender, nothing)).peakBytes;
    const receiver = (await this.#ask(this.#receiver, nothing)).peakBytes;
    const { peakBytes: relay } = await this.#stage.usage();
    for (const [who, bytes] of Object.entries({ sender, relay, receiver })) {
      this.#record(`peak memory, ${who}`, "MB", [bytes / 1e6], { note });
    }
  }
}

async function makeFile(path: string, bytes: number, signal: AbortSignal): Promise<void> {
  using file = await Deno.open(path, { createNew: true, write: true });
  const block = systemRandom(MIB);
  for (let rest = bytes; rest > 0;) {
    signal.throwIfAborted();
    block[0]!++; // no two blocks are the same, should anything compress
    rest -= await file.write(block.subarray(0, Math.min(MIB, rest)));
  }
  await file.sync();
}
