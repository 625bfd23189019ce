import assert from "node:assert/strict";
import { checkCertificate } from "../../commands/doctor/certificates.ts";
import { checkClock, compareClocks } from "../../commands/doctor/clock.ts";
import { checkDataFolder } from "../../commands/doctor/data_folder.ts";
import { checkDisk } from "../../commands/doctor/disk.ts";
import { checkKnownAnswers, type KnownAnswer, knownAnswers } from "../../commands/doctor/known_answers.ts";
import { checkRelay } from "../../commands/doctor/relay.ts";
import { checkRoundTrip } from "../../commands/doctor/round_trip.ts";
import { run } from "../../main.ts";
import { FakeIo } from "../support/fake_io.ts";
import { inFolder } from "../support/in_folder.ts";
import { parseLines } from "../support/parley.ts";
import { World } from "../support/world.ts";

const signal = new AbortController().signal;

function statuses(findings: { status: string }[]): string[] {
  return findings.map(({ status }) => status);
}

Deno.test("checkKnownAnswers() finds every primitive right on this machine", async () => {
  const findings = await checkKnownAnswers(knownAnswers);
  assert.equal(findings.length, 12);
  assert.deepEqual([...new Set(statuses(findings))], ["ok"]);
});

Deno.test("checkKnownAnswers() fails on any answer that is changed, and on an unknown primitive", async () => {
  const flip = (text: string) => (text[0] === "0" ? "1" : "0") + text.slice(1);
  for (const answer of knownAnswers) {
    const changed = answer.valid === false
      ? { ...answer, valid: true }
      : { ...answer, output: flip(answer.output) };
    assert.deepEqual(statuses(await checkKnownAnswers([changed])), ["fail"], answer.source);
  }
  const unknown: KnownAnswer = { primitive: "ROT13", source: "x", output: "" };
  assert.deepEqual(statuses(await checkKnownAnswers([unknown])), ["fail"]);
});

Deno.test("the known answers that are built in stand in the published vectors", async () => {
  const sources = ["nist/sha", "rfc5869/hkdf_sha256", "xwing/test-vectors"];
  for (const name of ["aes_gcm", "chacha20_poly1305", "ed25519", "hmac_sha256", "mlkem_768", "x25519"]) {
    sources.push(`wycheproof/${name}_test`);
  }
  const texts = sources.map((name) => Deno.readTextFile(new URL(`../vectors/${name}.json`, import.meta.url)));
  const published = (await Promise.all(texts)).join();
  for (const { primitive, output } of knownAnswers) {
    const sealed = /GCM|Poly/.test(primitive);
    const parts = sealed ? [output.slice(0, -32), output.slice(-32)] : [output];
    for (const part of parts) assert(published.includes(`"${part}"`), `${primitive} ${part}`);
  }
});

Deno.test("checkDataFolder() fails on a key that others can read, and warns where only a folder protects it", () =>
  inFolder(async (folder) => {
    const home = `${folder}/home`;
    assert.match((await checkDataFolder(home))[0]!.detail, /no data folder yet/);
    await Deno.mkdir(`${home}/ca`, { recursive: true, mode: 0o755 });
    await Deno.chmod(home, 0o755);
    await Deno.writeTextFile(`${home}/ca/ca.key`, "", { mode: 0o600 });
    await Deno.writeTextFile(`${home}/ca/ca.crt`, "", { mode: 0o644 });
    assert.deepEqual(statuses(await checkDataFolder(home)), ["ok"]);
    await Deno.chmod(`${home}/ca/ca.key`, 0o640);
    const [finding] = await checkDataFolder(home);
    assert.deepEqual([finding!.status, finding!.hint], ["fail", `chmod 600 ${home}/ca/ca.key`]);
    await Deno.chmod(home, 0o700);
    assert.deepEqual(statuses(await checkDataFolder(home)), ["warn"]);
    await Deno.chmod(`${home}/ca/ca.key`, 0o600);
    await Deno.chmod(`${home}/ca/ca.crt`, 0o666);
    await Deno.chmod(home, 0o777);
    assert.deepEqual(statuses(await checkDataFolder(home)).sort(), ["fail", "warn"]);
  }));

Deno.test("checkDisk() measures where the data folder will be, and leaves nothing there", () =>
  inFolder(async (folder) => {
    const [space, sync] = await checkDisk(`${folder}/not/yet`);
    assert.match(space!.detail, /^\d+\.\d GB are free$/);
    assert.match(sync!.detail, /^\d+\.\d ms each/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  }));

Deno.test("checkClock() and compareClocks() tell right, suspicious and wrong clocks apart", () => {
  assert.equal(checkClock(Date.UTC(2026, 5, 1)).status, "ok");
  assert.equal(checkClock(Date.UTC(1970, 0, 1)).status, "fail");
  const asked = { sentMs: 1_000_000, receivedMs: 1_000_100 };
  const apart: [number, string][] = [[50, "ok"], [-9_000, "ok"], [9_000, "ok"], [30_000, "warn"], [
    -30_000,
    "warn",
  ]];
  for (const [ms, status] of [...apart, [600_000, "fail"], [-600_000, "fail"]] as const) {
    assert.equal(compareClocks("clock", 1_000_000 + ms, asked).status, status, `${ms}`);
  }
});

Deno.test("checkCertificate() and checkRelay() look at an identity and its relay", async () => {
  await using world = await World.open();
  const alice = await world.enrol("alice/laptop");
  const file = { owner: "alice", path: `${world.folderOf(alice)}/device.crt`, remedy: "renew it" };
  const dayMs = 86_400_000;
  const at = async (days: number) => statuses(await checkCertificate(file, Date.now() + days * dayMs))[0];
  assert.deepEqual([await at(0), await at(300), await at(400), await at(-30)], [
    "ok",
    "warn",
    "fail",
    "fail",
  ]);
  assert.deepEqual(await checkCertificate({ ...file, path: `${world.home}/nothing` }, Date.now()), []);

  const options = { home: world.home, now: () => Date.now(), signal };
  assert.deepEqual(statuses(await checkRelay(alice, options)), ["ok", "ok"]);
  const slow = { ...options, now: () => Date.now() - 3 * 60_000 };
  assert.deepEqual(statuses(await checkRelay(alice, slow)), ["ok", "warn"]);
  await using other = await World.open();
  await Deno.copyFile(
    `${other.folderOf(await other.enrol("eve/x"))}/ca.crt`,
    `${world.folderOf(alice)}/ca.crt`,
  );
  const [foreign] = await checkRelay(alice, options);
  assert.equal(foreign!.status, "fail");
  await world.relay.relay.close();
  assert.match((await checkRelay(alice, options))[0]!.detail, /cannot connect to 127\.0\.0\.1/);
});

Deno.test("checkRoundTrip() does the whole job", async () => {
  const finding = await checkRoundTrip(signal);
  assert.equal(finding.status, "ok", finding.detail);
});

Deno.test("parley doctor says one line a check, and ends with 1 where one fails", () =>
  inFolder(async (folder) => {
    const io = new FakeIo();
    io.time = Date.now();
    assert.equal(await run(["doctor", "--home", folder, "--json"], io), 0, io.stdout.text);
    const findings = parseLines(io.stdout.text);
    assert(findings.length >= 17);
    for (const { type, status } of findings) assert.deepEqual([type, status], ["finding", "ok"]);
    const wrong = new FakeIo();
    wrong.time = 0;
    assert.equal(await run(["doctor", "--home", folder], wrong), 1);
    assert.match(wrong.stdout.text, /^fail {2}clock: 1970.*\n {6}hint: set the clock/m);
  }));

Deno.test("parley doctor makes the other checks where one cannot be made", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/identities`, "a file where a folder belongs");
    const io = new FakeIo();
    io.time = Date.now();
    assert.equal(await run(["doctor", "--home", folder, "--json"], io), 1);
    const failed = parseLines(io.stdout.text).filter(({ status }) => status === "fail");
    assert.deepEqual(failed.map(({ check }) => check), ["certificates", "relay"]);
    assert.match(io.stdout.text, /"round trip[^\n]*"ok"/);
  }));
