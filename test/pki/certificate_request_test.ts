import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { formatPem } from "../../lib/bytes/mod.ts";
import { createCertificateRequest, generateKeyPair, verifyCertificateRequest } from "../../lib/pki/mod.ts";
import { certsFolder, fixtureKeys } from "./fixtures.ts";
import { mutationsOf, typedErrorOf } from "../support/mutate.ts";
import { inFolder } from "../support/in_folder.ts";
import { opensslOk } from "../support/openssl.ts";

for (const kind of ["ed25519", "p256", "rsa"]) {
  Deno.test(`createCertificateRequest() with ${kind} makes what openssl and we verify`, async () => {
    const keys = await fixtureKeys(`good-${kind}.key`);
    const csr = await createCertificateRequest(keys, "alice/laptop");
    assert.deepEqual((await verifyCertificateRequest(csr)).spki, keys.spki);
    await inFolder(async (dir) => {
      await Deno.writeTextFile(join(dir, "csr"), formatPem("CERTIFICATE REQUEST", csr));
      const options = ["-in", "csr", "-verify", "-noout", "-subject"];
      const output = await opensslOk(dir, "req", ...options);
      assert.match(output, /verify OK/);
      assert.match(output, /CN = alice\/laptop/);
    });
  });

  Deno.test(`verifyCertificateRequest() reads openssl's request with ${kind}`, async () => {
    const { spki } = await fixtureKeys(`good-${kind}.key`);
    await inFolder(async (dir) => {
      const options = ["-new", "-key", `${certsFolder}good-${kind}.key`, "-subj", "/CN=x/O=y"];
      const extension = ["-addext", "subjectAltName=URI:parley:mallory/x", "-outform", "DER", "-out", "csr"];
      await opensslOk(dir, "req", ...options, ...extension);
      const request = await verifyCertificateRequest(await Deno.readFile(join(dir, "csr")));
      assert.deepEqual(request.spki, spki);
    });
  });
}

Deno.test("verifyCertificateRequest() accepts no request in which something changed", async () => {
  for (const kind of ["ed25519", "p256"]) {
    const csr = await createCertificateRequest(await fixtureKeys(`good-${kind}.key`), "x");
    await fc.assert(
      fc.asyncProperty(mutationsOf(csr), async (changed) => {
        fc.pre(changed.toHex() !== csr.toHex());
        const error = await typedErrorOf(() => verifyCertificateRequest(changed));
        assert.ok(error !== undefined);
        assert.match(error.code, /^(csr-malformed|csr-signature|key-unsupported|key-weak|cert-algorithm)$/);
      }),
      { numRuns: 500 },
    );
  }
});

Deno.test("certificate requests are refused for keys that cannot or must not sign", async () => {
  const agreement = await generateKeyPair("x25519");
  await assert.rejects(createCertificateRequest(agreement, "x"), { code: "key-weak" });
  await inFolder(async (dir) => {
    const options = ["-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "key", "-subj", "/CN=x"];
    await opensslOk(dir, "req", ...options, "-outform", "DER", "-out", "csr");
    const weak = await Deno.readFile(join(dir, "csr"));
    await assert.rejects(verifyCertificateRequest(weak), { name: "AuthenticationError", code: "key-weak" });
  });
  await assert.rejects(verifyCertificateRequest(new Uint8Array(100_000)), { code: "csr-malformed" });
});
