import assert from "node:assert/strict";
import { inFolder } from "../support/in_folder.ts";
import { parley, parleyJson, Running } from "../support/parley.ts";

/** The figures of a page in the text format of Prometheus, by name and labels. */
function parseFigures(page: string): Map<string, number> {
  const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const end = line.lastIndexOf(" ");
    return [line.slice(0, end), Number(line.slice(end + 1))];
  }));
}

Deno.test("serve --metrics serves figures that follow what happens, and names nobody", async () => {
  await inFolder(async (home) => {
    const args = ["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--json"];
    await using relay = new Running(args, home);
    const { address, metrics } = JSON.parse(await relay.line((line) => line.includes('"type":"listening"')));
    const before = parseFigures(await (await fetch(metrics)).text());
    assert.equal(before.get("parley_relay_enrolled_total"), 0);
    assert.ok(before.get("parley_relay_free_bytes")! > 0);
    assert.ok(before.get("parley_relay_certificate_not_after_seconds")! > Date.now() / 1000);

    const [invite] = await parleyJson(["ca", "invite", "--relay", address, "alice"], home);
    const enrol = ["enroll", String(invite!.invite), "--device", "laptop", "--no-passphrase"];
    assert.equal((await parley(enrol, home)).code, 0);
    assert.equal((await parley(["send", "alice", "note to self"], home)).code, 0);

    const response = await fetch(metrics);
    assert.match(response.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    const page = await response.text();
    const after = parseFigures(page);
    assert.equal(after.get("parley_relay_enrolled_total"), 1);
    assert.ok(after.get("parley_relay_entries_total")! >= 2, "a commit and a message");
    assert.ok(after.get("parley_relay_entry_bytes_total")! > 256);
    assert.equal(after.get('parley_relay_requests_total{operation="enroll-finish"}'), 1);
    assert.match(page, /# TYPE parley_relay_entries_total counter/);
    assert.match(page, /# TYPE parley_relay_open_connections gauge/);
    assert.ok(!page.includes("alice") && !page.includes("laptop"));

    const elsewhere = await fetch(metrics.replace("/metrics", "/"));
    assert.equal(elsewhere.status, 404);
    await elsewhere.body?.cancel();
    const posted = await fetch(metrics, { method: "POST" });
    assert.equal(posted.status, 405);
    await posted.body?.cancel();
  });
});

Deno.test("serve refuses to begin where the port for figures is taken", async () => {
  await inFolder(async (home) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const args = ["serve", "--listen", "127.0.0.1:0", "--json", "--metrics"];
    const { code, stderr } = await parley([...args, `127.0.0.1:${taken.addr.port}`], home);
    assert.equal(code, 5);
    assert.match(stderr, /"code":"listen-failed"/);
    assert.match(stderr, /for metrics/);
  });
});
