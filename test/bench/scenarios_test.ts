import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Measurement, runBench, scenarios } from "../../lib/bench/mod.ts";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
const program = [Deno.execPath(), "run", "--no-prompt", "--no-check", "--allow-read", "--allow-write"]
  .concat("--allow-net", "--allow-env", "--allow-sys=statfs", main);

async function bench(
  name: string,
  durationMs: number,
  onProgress = (_doing: string) => {},
  controller = new AbortController(),
) {
  const heard: Measurement[] = [];
  const report = await runBench({
    chosen: scenarios.filter((one) => one.name === name),
    programName: "parley test",
    now: new Date(0),
    durationMs,
    clients: 2,
    sizeBytes: 256,
    program,
    signal: controller.signal,
    onProgress,
    onScenario: (_scenario, measurements) => heard.push(...measurements),
  });
  assert.deepEqual(report.measurements, heard);
  return report;
}

/** What every scenario has to find, and how many figures there are at least. */
const expected: Record<string, [figures: number, names: RegExp[]]> = {
  crypto: [70, [
    /^ddes: double DES, encrypt, 256 bytes$/,
    /^X-Wing encapsulate$/,
    /^AES-256-GCM seal, 64 KiB$/,
    /^ed25519 sign$/,
    /^Argon2id/,
  ]],
  session: [12, [/^enrolment$/, /^X-Wing, 2 members: message, create$/, /^X25519, 2 members: add all$/]],
  relay: [10, [/^2 pairs, window 16$/, /^2 pairs, 1000 msg\/s: p99\.9$/, /^memory of an idle connection$/]],
  files: [10, [/^upload: time against the copy$/, /^peak memory, receiver$/, /^small files, download/]],
  group: [10, [
    /^2 members: send a message$/,
    /^2 members: follow that$/,
    /^1 writer to 2 members, window 8$/,
  ]],
  profiles: [50, [
    /^parley: message made and opened/,
    /^elgamal: ElGamal, 2,048 bits, verify$/,
    ...["keyparts", "ca-chat", "ddes", "ddes original", "dh-aes", "elgamal original"].flatMap((name) => [
      new RegExp(`^${name}, lock-step$`),
      new RegExp(`^${name}, window 64$`),
    ]),
  ]],
};

for (const { name } of scenarios) {
  Deno.test(`scenario ${name} measures what it says`, async () => {
    const [figures, names] = expected[name]!;
    const { measurements, complete } = await bench(name, ["crypto", "profiles"].includes(name) ? 1 : 20);
    assert(complete);
    assert(measurements.length >= figures, `${measurements.length} figures`);
    for (const pattern of names) assert(measurements.some(({ name }) => pattern.test(name)), `${pattern}`);
    assert.equal(new Set(measurements.map(({ name }) => name)).size, measurements.length);
    for (const { name, median, low, high } of measurements) {
      assert(low <= median && median <= high && Number.isFinite(median), name);
      // The clock of processor time may stand still for as little as is measured here.
      if (!name.startsWith("memory") && !name.endsWith("processor time")) assert(median > 0, name);
    }
  });
}

Deno.test("runBench() returns what is done where it is stopped, and leaves no process", async () => {
  const controller = new AbortController();
  const stop = (doing: string) => {
    if (doing.endsWith("idle connections")) controller.abort(new Error("stopped"));
  };
  const report = await bench("relay", 4, stop, controller);
  assert.deepEqual([report.complete, report.measurements.length], [false, 2]);
});
