import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { equalBytes } from "../../lib/bytes/mod.ts";
import { parley, parleyJson, parseLines, Running } from "../support/parley.ts";
import { seeded } from "../support/seeded.ts";
import { Stage } from "../support/stage.ts";
import { storedBlobs } from "../support/stored_blobs.ts";

/** More than these for a long look: PARLEY_CRASH_ROUNDS=50. The seed of a run that failed: PARLEY_CRASH_SEED. */
const ROUNDS = Number(Deno.env.get("PARLEY_CRASH_ROUNDS") ?? 3);
const MAX_FILE_BYTES = 12_000_000;

/** Alice sends bob a file each round while one of the three dies, again and again, until it is there. */
class CrashStage {
  readonly stage: Stage;
  readonly #random: () => number;
  /** How long sending and receiving take, by which the instants are chosen. */
  #lengthMs = 1_000;
  kills = 0;

  constructor(stage: Stage, random: () => number) {
    this.stage = stage;
    this.#random = random;
  }

  get folder(): string {
    return `${this.stage.folder}/in`;
  }

  /** Makes a file that is different every time. */
  async makeFile(name: string): Promise<Uint8Array> {
    const content = new Uint8Array(Math.floor(this.#random() * MAX_FILE_BYTES));
    for (let at = 0; at < content.length; at += 4_096) content[at] = Math.floor(this.#random() * 256);
    await Deno.writeFile(`${this.stage.folder}/${name}`, content);
    return content;
  }

  /** Measures an undisturbed round. */
  async measure(): Promise<void> {
    const began = performance.now();
    await this.makeFile("warm-up");
    await parleyJson(["send", "bob", "--file", `${this.stage.folder}/warm-up`], this.stage.home("alice"));
    this.#lengthMs = performance.now() - began;
    await parleyJson(["inbox", "--save", this.folder], this.stage.home("bob"));
  }

  async sendUntilThere(name: string, victim: "process" | "relay" | "nobody"): Promise<void> {
    const home = this.stage.home("alice");
    await this.#disturb(["send", "bob", "--file", `${this.stage.folder}/${name}`], home, victim);
    const known = await parleyJson(["files", "list"], home);
    const isKnown = known.some((one) =>
      one.name === name || (one.files as { name: string }[] | undefined)?.[0]?.name === name
    );
    // It had died before it wrote anything down.
    if (!isKnown) await parleyJson(["send", "bob", "--file", `${this.stage.folder}/${name}`], home);
    await parleyJson(["files", "resume"], home);
  }

  /** Returns the paths that were printed, of all attempts. */
  async receiveUntilThere(victim: "process" | "relay" | "nobody"): Promise<string[]> {
    const args = ["inbox", "--save", this.folder];
    const disturbed = await this.#disturb(args, this.stage.home("bob"), victim);
    const rest = await parleyJson(args, this.stage.home("bob"));
    return [...disturbed, ...rest].filter(({ type }) => type === "file").map(({ path }) => String(path));
  }

  /** Runs a command while a process is killed at an instant that chance chooses; gives what it printed. */
  async #disturb(
    args: string[],
    home: string,
    victim: "process" | "relay" | "nobody",
  ): Promise<Record<string, unknown>[]> {
    await using running = new Running([...args, "--json"], home);
    if (victim !== "nobody") {
      await delay(this.#lengthMs * (0.2 + 0.8 * this.#random()));
      this.kills++;
      if (victim === "process") running.kill("SIGKILL");
      else {
        await this.stage.stopRelay("SIGKILL");
        await this.stage.startRelay();
      }
    }
    const { stdout } = await running.ended();
    return parseLines(stdout.slice(0, stdout.lastIndexOf("\n") + 1));
  }
}

Deno.test("whoever dies at whatever instant, a file arrives once and whole", async () => {
  await using stage = await Stage.open("alice", "bob");
  const seed = Number(Deno.env.get("PARLEY_CRASH_SEED") ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`seed ${seed}, ${ROUNDS} rounds`);
  const random = seeded(seed);
  const crash = new CrashStage(stage, random);
  await crash.measure();
  const victims = [["process", "nobody"], ["relay", "nobody"], ["nobody", "process"], ["nobody", "relay"], [
    "process",
    "process",
  ]] as const;
  for (let round = 0; round < ROUNDS; round++) {
    const name = `round-${round}`;
    const [ofSender, ofReceiver] = victims[Math.floor(random() * victims.length)]!;
    const content = await crash.makeFile(name);
    await crash.sendUntilThere(name, ofSender);
    const paths = new Set(await crash.receiveUntilThere(ofReceiver));
    const says = `seed ${seed}, round ${round}, ${ofSender} ${ofReceiver}`;
    assert.deepEqual([...paths], [`${await Deno.realPath(crash.folder)}/${name}`], says);
    assert.ok(equalBytes(await Deno.readFile([...paths][0]!), content), says);
    const names = Array.from(Deno.readDirSync(crash.folder), (one) => one.name);
    assert.equal(names.length, round + 2, `${says}: ${names}`);
    assert.deepEqual(storedBlobs(stage.data), [], says);
  }
  console.log(`${crash.kills} kills`);
  const { code, stderr } = await parley(["files", "list"], stage.home("alice"));
  assert.equal(code, 0, stderr);
});
