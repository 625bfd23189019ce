import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parsePem } from "../../lib/bytes/mod.ts";
import { DAY_MS, generateKeyPair, inspectCertificate, parseRevocationList } from "../../lib/pki/mod.ts";
import { holdsCa, initCa, openCa } from "../../lib/store/ca_store.ts";
import { issueServerFiles, writeCrlFile } from "../../lib/store/ca_store_issue.ts";
import { SqliteCaLog } from "../../lib/store/ca_store_log.ts";
import { inFolder } from "../support/in_folder.ts";
import { opensslOk } from "../support/openssl.ts";

const passphrase = new TextEncoder().encode("correct horse");
const { spki } = await generateKeyPair("ed25519");

function modeOf(path: string): string {
  return ((Deno.statSync(path).mode ?? 0) & 0o777).toString(8);
}

function filesOf(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map((entry) => entry.name).sort();
}

Deno.test("initCa() makes a folder that openCa() opens, with a key that only the owner can read", async () => {
  await inFolder(async (parent) => {
    const dir = join(parent, "deep", "ca");
    assert.equal(holdsCa(dir), false);
    const certificate = await initCa(dir, { name: "Example CA" });
    assert.equal(holdsCa(dir), true);
    assert.deepEqual(filesOf(dir), ["ca.crt", "ca.db", "ca.key"]);
    assert.deepEqual([modeOf(dir), modeOf(join(dir, "ca.key")), modeOf(join(dir, "ca.db"))], [
      "700",
      "600",
      "600",
    ]);
    const facts = inspectCertificate(certificate);
    assert.deepEqual([facts.subject, facts.key, facts.isCa], ["CN=Example CA", "ed25519", true]);
    assert.ok(Math.abs(facts.notAfter.getTime() - Date.now() - 3650 * DAY_MS) < 60_000);

    using ca = openCa(dir);
    assert.deepEqual(ca.authority.certificate, certificate);
    const issued = await ca.authority.issueDevice({ user: "alice", device: "laptop", spki });
    assert.deepEqual(ca.authority.list(), [issued]);
  });
});

for (const algorithm of ["ecdsa-p256", "rsa-2048"] as const) {
  Deno.test(`issueServerFiles() and writeCrlFile() with ${algorithm} write what openssl verifies`, async () => {
    await inFolder(async (dir) => {
      await initCa(dir, { name: "Example CA", algorithm });
      using ca = openCa(dir);
      const out = join(dir, "server");
      const issuance = await issueServerFiles(ca, { names: ["localhost", "127.0.0.1"], out, algorithm });
      assert.deepEqual([modeOf(`${out}.key`), modeOf(`${out}.crt`)], ["600", "644"]);
      await assert.rejects(issueServerFiles(ca, { names: ["x"], out }), { code: "file-exists" });
      assert.equal(ca.authority.list().length, 1, "nothing is issued that cannot be written");

      const crl = join(dir, "ca.crl");
      await writeCrlFile(ca, { out: crl });
      const check = ["-x509_strict", "-crl_check", "-CAfile", "ca.crt", "-CRLfile", "ca.crl"];
      await opensslOk(dir, "verify", ...check, "-purpose", "sslserver", "server.crt");
      const [fromKey, fromCertificate] = [
        await opensslOk(dir, "pkey", "-in", "server.key", "-pubout"),
        await opensslOk(dir, "x509", "-in", "server.crt", "-noout", "-pubkey"),
      ];
      assert.equal(fromKey, fromCertificate);
      assert.equal(parsePem(Deno.readTextFileSync(`${out}.crt`)).length, 2);

      ca.authority.revoke({ serial: issuance.serial });
      await writeCrlFile(ca, { out: crl, lifetimeMs: DAY_MS });
      await assert.rejects(opensslOk(dir, "verify", ...check, "server.crt"), /certificate revoked/);
      await issueServerFiles(ca, { names: ["x"], out, force: true });
      await opensslOk(dir, "verify", ...check, "-purpose", "sslserver", "server.crt");
    });
  });
}

Deno.test("issueServerFiles() issues nothing where it cannot write, and leaves nothing when it fails", async () => {
  await inFolder(async (dir) => {
    await initCa(dir, { name: "Example CA" });
    using ca = openCa(dir);
    const before = filesOf(dir);
    const missing = join(dir, "missing", "server");
    for (const force of [false, true]) {
      const issuing = issueServerFiles(ca, { names: ["x"], out: missing, force });
      await assert.rejects(issuing, { code: "file-unwritable" });
    }
    const malformed = issueServerFiles(ca, { names: ["not a name"], out: join(dir, "server") });
    await assert.rejects(malformed, { code: "server-name-malformed" });
    assert.deepEqual([ca.authority.list(), filesOf(dir)], [[], before]);
  });
});

Deno.test("openCa() asks for the passphrase only when something is signed", async () => {
  await inFolder(async (dir) => {
    await initCa(dir, { name: "Example CA", passphrase });
    const request = { user: "alice", device: "laptop", spki };
    {
      using ca = openCa(dir, { passphrase: () => Promise.reject(new Error("asked")) });
      ca.authority.createInvite({ user: "alice", relay: { host: "localhost", port: 7443 } });
      assert.deepEqual(ca.authority.list(), []);
      await assert.rejects(ca.authority.issueDevice(request), /asked/);
    }
    using without = openCa(dir);
    await assert.rejects(without.authority.issueDevice(request), { code: "passphrase-required" });
    using wrong = openCa(dir, { passphrase: () => Promise.resolve(Uint8Array.of(1)) });
    await assert.rejects(wrong.authority.issueDevice(request), { code: "passphrase-wrong" });
    using right = openCa(dir, { passphrase: () => Promise.resolve(passphrase) });
    await right.authority.issueDevice(request);
    assert.deepEqual(Deno.inspect(right).match(/PRIVATE|correct horse/), null);
  });
});

Deno.test("initCa() refuses a folder that holds an authority, or a part of one, unless forced", async () => {
  await inFolder(async (dir) => {
    await initCa(dir, { name: "First" });
    const before = Deno.readTextFileSync(join(dir, "ca.key"));
    {
      using ca = openCa(dir);
      await ca.authority.issueDevice({ user: "alice", device: "laptop", spki });
    }
    await assert.rejects(initCa(dir, { name: "Second" }), { name: "UsageError", code: "ca-exists" });
    assert.equal(Deno.readTextFileSync(join(dir, "ca.key")), before);

    Deno.removeSync(join(dir, "ca.crt"));
    await assert.rejects(initCa(dir, { name: "Second" }), { code: "ca-incomplete" });
    await initCa(dir, { name: "Second", force: true });
    using ca = openCa(dir);
    assert.deepEqual(ca.authority.list(), []);
    await ca.authority.issueDevice({ user: "alice", device: "laptop", spki });
  });
});

Deno.test("initCa() lets one of two win that begin in the same folder", async () => {
  await inFolder(async (dir) => {
    const results = await Promise.allSettled([initCa(dir, { name: "A" }), initCa(dir, { name: "B" })]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    using ca = openCa(dir);
    await ca.authority.issueDevice({ user: "alice", device: "laptop", spki });
    assert.deepEqual(filesOf(dir).filter((name) => name.endsWith(".tmp")), []);
  });
});

Deno.test("openCa() says what is wrong with a folder, and how to mend it", async () => {
  await inFolder(async (dir) => {
    assert.throws(() => openCa(join(dir, "none")), (error: Error & { code?: string; hint?: string }) => {
      assert.deepEqual([error.name, error.code], ["UsageError", "ca-missing"]);
      assert.match(error.hint ?? "", /parley ca init --dir/);
      return true;
    });
    assert.deepEqual(filesOf(dir), [], "looking at a folder leaves nothing in it");
    await initCa(dir, { name: "Example CA" });
    const key = Deno.readTextFileSync(join(dir, "ca.key"));
    const certificate = Deno.readTextFileSync(join(dir, "ca.crt"));

    const broken: [string, string][] = [["hello", "ca-damaged"], [key, "ca-damaged"], ["", "ca-damaged"]];
    for (const [text, code] of [...broken, [certificate + certificate, "ca-damaged"]]) {
      Deno.writeTextFileSync(join(dir, "ca.crt"), text!);
      assert.throws(() => openCa(dir), { name: "StorageError", code });
    }
    Deno.writeTextFileSync(join(dir, "ca.crt"), certificate);

    const other = join(dir, "other");
    await initCa(other, { name: "Other" });
    Deno.copyFileSync(join(other, "ca.key"), join(dir, "ca.key"));
    const request = { user: "alice", device: "laptop", spki };
    {
      using ca = openCa(dir);
      await assert.rejects(ca.authority.issueDevice(request), { code: "ca-key-mismatch" });
      Deno.removeSync(join(dir, "ca.key"));
      await assert.rejects(ca.authority.issueDevice(request), { code: "ca-incomplete" });
    }
    Deno.removeSync(join(dir, "ca.db"));
    assert.throws(() => openCa(dir), { name: "StorageError", code: "ca-incomplete" });
    Deno.writeTextFileSync(join(dir, "ca.db"), "not a database, but long enough to look like one".repeat(50));
    assert.throws(() => openCa(dir), { name: "StorageError", code: "storage-damaged" });
  });
});

Deno.test("the log refuses to change or remove what was appended", async () => {
  await inFolder(async (dir) => {
    await initCa(dir, { name: "Example CA" });
    using ca = openCa(dir);
    const { serial } = await ca.authority.issueDevice({ user: "alice", device: "laptop", spki });
    ca.authority.revoke({ serial });
    ca.authority.createInvite({ user: "alice", relay: { host: "localhost", port: 1 } });
    await ca.authority.crl();
    const db = new DatabaseSync(join(dir, "ca.db"));
    try {
      const changes = [
        "UPDATE issuance SET user = 'bob'",
        "DELETE FROM issuance",
        "UPDATE revocation SET reason = 'x'",
        "DELETE FROM revocation",
        "UPDATE invite SET expires_at = 0",
        "DELETE FROM invite",
        "UPDATE crl SET number = 9",
        "DELETE FROM crl",
      ];
      for (const sql of changes) assert.throws(() => db.exec(sql), /append-only/, sql);
    } finally {
      db.close();
    }
  });
});

Deno.test("atomically() leaves nothing of work that throws", async () => {
  await inFolder((dir) => {
    const log = SqliteCaLog.open(join(dir, "log"));
    try {
      const now = new Date();
      assert.throws(() =>
        log.atomically(() => {
          log.takeCrlNumber(now);
          throw new RangeError("stop");
        })
      );
      assert.equal(log.atomically(() => log.takeCrlNumber(now)), 1);
      // A revocation of what was never issued, or a second one, is refused by the database itself.
      const revocation = { serial: "00", reason: "unspecified" as const, revokedAt: now };
      assert.throws(() => log.atomically(() => log.appendRevocation(revocation)), { name: "StorageError" });
      assert.throws(() => log.atomically(() => log.atomically(() => 0)), { name: "InternalError" });
      assert.equal(log.atomically(() => log.takeCrlNumber(now)), 2);
    } finally {
      log.close();
      log.close();
    }
  });
});

Deno.test("changeCounter() changes when this or another connection has appended, and only then", async () => {
  await inFolder(async (dir) => {
    await initCa(dir, { name: "Example CA" });
    using server = openCa(dir);
    using typed = openCa(dir);
    const { serial } = await server.authority.issueDevice({ user: "alice", device: "laptop", spki });
    const before = server.log.changeCounter();
    assert.equal(server.log.changeCounter(), before);
    typed.authority.list();
    assert.equal(server.log.changeCounter(), before);

    typed.authority.revoke({ serial });
    const after = server.log.changeCounter();
    assert.notEqual(after, before);
    assert.equal(server.log.changeCounter(), after);
    assert.deepEqual(server.log.listRevocations().map((one) => one.serial), [serial]);

    await server.authority.issueDevice({ user: "alice", device: "laptop", spki });
    assert.notEqual(server.log.changeCounter(), after);
  });
});

Deno.test("polling changeCounter() costs a few microseconds", async () => {
  await inFolder(async (dir) => {
    await initCa(dir, { name: "Example CA" });
    using ca = openCa(dir);
    const start = performance.now();
    for (let i = 0; i < 1000; i++) ca.log.changeCounter();
    assert.ok(performance.now() - start < 500, `${performance.now() - start} µs each`);
  });
});

Deno.test("every certificate that was given out before kill -9 is in the log, with its invite's redemption", async () => {
  await inFolder(async (dir) => {
    await initCa(dir, { name: "Example CA" });
    const script = new URL("./redeem_until_killed.ts", import.meta.url).pathname;
    const options = { args: ["run", "--no-check", "-A", script, dir], stdout: "piped" as const };
    const child = new Deno.Command(Deno.execPath(), options).spawn();
    const given: string[] = [];
    let rest = "";
    for await (const chunk of child.stdout) {
      const lines = (rest + new TextDecoder().decode(chunk)).split("\n");
      rest = lines.pop()!;
      given.push(...lines);
      if (given.length >= 20) break;
    }
    child.kill("SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL");

    using ca = openCa(dir);
    const logged = ca.authority.list();
    const serials = new Set(logged.map((one) => one.serial));
    for (const serial of given) assert.ok(serials.has(serial), serial);
    const db = new DatabaseSync(join(dir, "ca.db"), { readOnly: true });
    try {
      const count = (sql: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${sql}`).get()!.n);
      assert.equal(count("redemption"), logged.length);
      assert.equal(count("redemption JOIN issuance USING (serial)"), logged.length);
    } finally {
      db.close();
    }
    assert.equal(parseRevocationList(await ca.authority.crl()).number, 1);
  });
});
