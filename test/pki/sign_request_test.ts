import assert from "node:assert/strict";
import { join } from "node:path";
import {
  DAY_MS,
  inspectCertificate,
  signRequest,
  type SignRequestOptions,
  verifyChain,
} from "../../lib/pki/mod.ts";
import { initCa, openCa } from "../../lib/store/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { opensslOk } from "../support/openssl.ts";

/** Has openssl make a request with these extensions, and an authority sign it. */
async function signed(extensions: string[], options: Omit<SignRequestOptions, "csr"> = {}) {
  let facts: ReturnType<typeof inspectCertificate> | undefined;
  let ignored: string[] = [];
  await inFolder(async (dir) => {
    await initCa(join(dir, "ca"), { name: "Example CA" });
    using ca = openCa(join(dir, "ca"));
    const added = extensions.flatMap((one) => ["-addext", one]);
    const subject = ["-new", "-newkey", "ed25519", "-nodes", "-keyout", "key", "-subj", "/CN=a.example/O=x"];
    await opensslOk(dir, "req", ...subject, ...added, "-outform", "DER", "-out", "csr");
    const csr = await Deno.readFile(join(dir, "csr"));
    const result = await signRequest(ca.authority, { csr, ...options });
    facts = inspectCertificate(result.issuance.certificate);
    ignored = result.ignored;
    const usage = facts.extendedKeyUsage.includes("serverAuth") ? "server" : "device";
    await verifyChain({
      chain: [result.issuance.certificate],
      roots: [ca.authority.root],
      usage,
      now: new Date(),
    });
    assert.deepEqual(ca.authority.list(), [result.issuance]);
  });
  return { facts: facts!, ignored };
}

Deno.test("signRequest() certifies a server's names, and tells what it leaves out", async () => {
  const { facts, ignored } = await signed([
    "subjectAltName=DNS:a.example,DNS:B.example,IP:192.0.2.7",
    "keyUsage=keyEncipherment",
    "extendedKeyUsage=codeSigning",
    "1.2.3.4=ASN1:NULL",
  ], { lifetimeMs: 30 * DAY_MS });
  assert.deepEqual(facts.names, ["dns:a.example", "dns:b.example", "ip:192.0.2.7"]);
  assert.deepEqual([facts.subject, facts.extendedKeyUsage], ["CN=a.example", ["serverAuth"]]);
  assert.deepEqual([facts.keyUsage, facts.isCa], [["digitalSignature"], false]);
  assert.deepEqual(ignored, ["subject CN=a.example, O=x", "keyUsage", "extendedKeyUsage", "1.2.3.4"]);
  assert(Math.abs(facts.notAfter.getTime() - Date.now() - 30 * DAY_MS) < 60_000);
});

Deno.test("signRequest() certifies a device, and the operator's names in place of the request's", async () => {
  const device = await signed(["subjectAltName=URI:parley:alice/laptop"]);
  assert.deepEqual([device.facts.names, device.facts.extendedKeyUsage], [["uri:parley:alice/laptop"], [
    "clientAuth",
  ]]);
  const overruled = await signed(["subjectAltName=DNS:a.example,email:x@example.org"], {
    subject: { device: { user: "bob", device: "phone" } },
  });
  assert.deepEqual(overruled.facts.names, ["uri:parley:bob/phone"]);
  assert.deepEqual(overruled.ignored, ["subject CN=a.example, O=x", "subjectAltName"]);
});

Deno.test("signRequest() refuses what no policy allows", async () => {
  const cases: [string[], string][] = [
    [[], "csr-names-missing"],
    [["basicConstraints=critical,CA:TRUE", "subjectAltName=DNS:a.example"], "csr-refused"],
    [["subjectAltName=DNS:a.example,URI:parley:alice/laptop"], "csr-refused"],
    [["subjectAltName=URI:parley:alice/a,URI:parley:alice/b"], "csr-refused"],
    [["subjectAltName=email:x@example.org"], "csr-refused"],
    [["subjectAltName=DNS:*.example"], "server-name-malformed"],
    [["subjectAltName=URI:https://example.org"], "identity-malformed"],
  ];
  for (const [extensions, code] of cases) await assert.rejects(signed(extensions), { code });
});
