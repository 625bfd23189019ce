/**
 * The bare forwarding loop of the published keyparts server in Python (see forwarder.py), and parley's, under the same
 * load: what the published figures are to be compared with. `deno run -A test/bench/classic_profiles.ts [COUNT]`; the
 * other systems are in `deno task bench profiles`.
 *
 * Lock-step rates depend on where the scheduler puts the two processes: `taskset -c 0 deno run …` holds them still.
 */
import type { ProfileLoad } from "../../lib/bench/profile_load.ts";
import { runProfileLoad } from "../../lib/bench/profile_load.ts";
import { openKeypartsChat, profileSubjects } from "../../lib/bench/profile_loads.ts";
import { ProfilePeer } from "../../lib/bench/profile_peer.ts";
import { importParts } from "../../lib/legacy/mod.ts";
import { makeFolder } from "../legacy/keyparts/support.ts";
import { Running } from "../support/parley.ts";

const WINDOWED = Number(Deno.args[0] ?? 40_000);
const LOCK_STEP = Math.ceil(WINDOWED / 4), WARM = Math.ceil(WINDOWED / 4);
const WINDOW = 64;
/** What Linux counts processor time in. */
const TICKS_PER_SECOND = 100;

const parts = await importParts();
const folder = await Deno.makeTempDir();
try {
  await makeFolder(folder);
  await measurePython();
  await measureParley();
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(0);

async function measurePython(): Promise<void> {
  const script = new URL("forwarder.py", import.meta.url).pathname;
  const child = new Deno.Command("python3", { args: [script], stdout: "piped" }).spawn();
  try {
    const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    const connect = () => ProfilePeer.connect(Number(value), parts);
    const load = openKeypartsChat([await connect(), await connect(), await connect()], parts);
    await measure("bare loop in Python, which authenticates nobody", load, child.pid);
  } finally {
    child.kill();
    await child.status;
  }
}

async function measureParley(): Promise<void> {
  const args = ["--profile", "keyparts", "--dir", folder, "--listen", "127.0.0.1:0", "--quiet"];
  await using server = new Running(["serve", ...args], folder);
  const line = await server.line((one) => one.startsWith("listening on"));
  const port = Number(line.split(":").at(-1));
  await measure("parley", await profileSubjects["keyparts"]!.open({ port, folder, parts }), server.pid);
}

async function measure(name: string, load: ProfileLoad, pid: number): Promise<void> {
  await runProfileLoad(load, { window: WINDOW, count: WARM });
  const lockStep = await measureRun(load, pid, { window: 1, count: LOCK_STEP });
  const windowed = await measureRun(load, pid, { window: WINDOW, count: WINDOWED });
  console.log(`keyparts, ${name}: lock-step ${lockStep}, window of ${WINDOW} ${windowed}`);
}

/** Messages decoded in a second, and the server's processor time for one. */
async function measureRun(
  load: ProfileLoad,
  pid: number,
  run: { window: number; count: number },
): Promise<string> {
  const before = await processorMicros(pid);
  const perSecond = Math.round(run.count / await runProfileLoad(load, run) * 1_000);
  const after = await processorMicros(pid);
  const cost = before === undefined || after === undefined
    ? ""
    : ` (server ${((after - before) / run.count).toFixed(1)} µs each)`;
  return `${perSecond}/s${cost}`;
}

/** User and system time of a process until now; undefined where it is not told. */
async function processorMicros(pid: number): Promise<number | undefined> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) * (1_000_000 / TICKS_PER_SECOND);
}
