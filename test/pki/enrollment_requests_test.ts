import assert from "node:assert/strict";
import fc from "fast-check";
import {
  approvalCode,
  type EnrollmentContext,
  formatEnrollmentUrl,
  generateKeyPair,
  isEnrollmentUrl,
  parseCertificate,
  parseEnrollmentUrl,
} from "../../lib/pki/mod.ts";
import { initCa, openCa } from "../../lib/store/mod.ts";
import { inFolder } from "../support/in_folder.ts";

const context: EnrollmentContext = {
  csr: new Uint8Array([1]),
  tokenHash: new Uint8Array(),
  user: "alice",
  device: "laptop",
  rootHash: new Uint8Array(32),
  serverCertificateHash: new Uint8Array(32),
};

Deno.test("approvalCode() is another one for another challenge, key, name or authority", () => {
  const challenge = new Uint8Array(32);
  const code = approvalCode(context, challenge);
  assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.equal(approvalCode({ ...context }, challenge.slice()), code);
  const others = [
    approvalCode(context, challenge.with(0, 1)),
    approvalCode({ ...context, csr: new Uint8Array([2]) }, challenge),
    approvalCode({ ...context, user: "bob" }, challenge),
    approvalCode({ ...context, device: "phone" }, challenge),
    approvalCode({ ...context, rootHash: context.rootHash.with(0, 1) }, challenge),
  ];
  assert.equal(new Set([code, ...others]).size, 6);
});

Deno.test("a request is answered once, and gives its key one certificate however often it is collected", () =>
  inFolder(async (dir) => {
    let now = Date.now();
    await initCa(`${dir}/ca`, { name: "Test CA" });
    using ca = openCa(`${dir}/ca`, { clock: () => new Date(now) });
    const { requests, authority } = ca;
    const { spki } = await generateKeyPair("ed25519");
    const applicant = { user: "alice", device: "laptop", spki, address: "127.0.0.1" };
    const old = requests.submit({ ...applicant, code: "AAAA-0000" });
    const { id } = requests.submit({ ...applicant, code: "AAAA-1111" });
    assert.deepEqual(requests.list().map(({ code }) => code), ["AAAA-1111"], "the newer one of a key counts");
    await assert.rejects(requests.collect(old.id), { code: "request-unknown" });
    assert.equal(await requests.collect(id), undefined);
    assert.throws(() => requests.decide("ZZZZ-ZZZZ", "approved"), { code: "request-unknown" });
    requests.decide("aaaa1111", "approved");
    assert.throws(() => requests.decide("AAAA-1111", "denied"), { code: "request-unknown" });
    const issued = await requests.collect(id);
    assert.deepEqual(parseCertificate(issued!.certificate).spki, spki);
    assert.equal((await requests.collect(id))!.serial, issued!.serial);
    authority.revoke({ user: "alice" });
    await assert.rejects(requests.collect(id), { code: "cert-revoked" });

    const other = { ...applicant, spki: (await generateKeyPair("ed25519")).spki, device: "phone" };
    const denied = requests.submit({ ...other, code: "BBBB-1111" });
    requests.decide("BBBB-1111", "denied");
    await assert.rejects(requests.collect(denied.id), { code: "request-denied" });
    const late = requests.submit({ ...other, code: "CCCC-1111" });
    now += 8 * 24 * 60 * 60_000;
    await assert.rejects(requests.collect(late.id), { code: "request-unknown" });
    assert.deepEqual(requests.list(), []);
  }));

Deno.test("the queue of requests is bounded, and a name that is taken is not approved", () =>
  inFolder(async (dir) => {
    await initCa(`${dir}/ca`, { name: "Test CA" });
    using ca = openCa(`${dir}/ca`);
    const spki = () => crypto.getRandomValues(new Uint8Array(44));
    const submit = (address: string) =>
      ca.requests.submit({ user: "alice", device: "laptop", spki: spki(), code: "AAAA-1111", address });
    for (let i = 0; i < 20; i++) submit("192.0.2.1");
    assert.throws(() => submit("192.0.2.1"), { code: "request-queue-full" });
    for (let i = 0; i < 180; i++) submit(`192.0.2.${2 + i % 100}`);
    assert.throws(() => submit("198.51.100.1"), { code: "request-queue-full" });
    // As many share this code as nobody will ever see: it decides nothing.
    assert.throws(() => ca.requests.decide("AAAA-1111", "approved"), { code: "request-unknown" });
    for (const { id } of ca.requests.list()) ca.log.requests.remove(id);
    await ca.authority.issueDevice({ user: "alice", device: "laptop", ...await generateKeyPair("ed25519") });
    submit("192.0.2.1");
    assert.throws(() => ca.requests.decide("AAAA-1111", "approved"), { code: "device-exists" });
  }));

Deno.test("formatEnrollmentUrl() and parseEnrollmentUrl() are inverse, and nothing else parses", () => {
  const target = {
    relay: { host: "relay.example.org", port: 7443 },
    user: "alice",
    rootHash: new Uint8Array(32).fill(7),
  };
  const url = formatEnrollmentUrl(target);
  assert.deepEqual(parseEnrollmentUrl(url), target);
  assert.ok(isEnrollmentUrl(url));
  const bad = [`${url}&t=${"A".repeat(22)}`, url.slice(0, -1), `${url} `, url.replace("alice", "Alice"), ""];
  for (const text of bad) assert.throws(() => parseEnrollmentUrl(text), { code: "enrollment-url-malformed" });
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.throws(() => parseEnrollmentUrl(text), { code: "enrollment-url-malformed" });
  }));
});
