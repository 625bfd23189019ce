import assert from "node:assert/strict";
import { join } from "node:path";
import { systemRandom as random } from "../../lib/crypto/mod.ts";
import { encodePkcs12, parseCertificates } from "../../lib/pki/mod.ts";
import { certsFolder, fixture } from "./fixtures.ts";
import { inFolder } from "../support/in_folder.ts";
import { openssl, opensslOk } from "../support/openssl.ts";
import { parsePem } from "../../lib/bytes/mod.ts";

for (const kind of ["ed25519", "p256", "rsa"]) {
  Deno.test(`encodePkcs12() with ${kind} writes what openssl opens, under the passphrase only`, async () => {
    const chain = [fixture(`good-${kind}.crt`), fixture(`root-${kind}.crt`)];
    const keyPem = await Deno.readTextFile(`${certsFolder}good-${kind}.key`);
    const pkcs8 = parsePem(keyPem)[0]!.bytes;
    const passphrase = new TextEncoder().encode("pass\u00e4 \u{1f511}");
    const file = await encodePkcs12({ chain, pkcs8, friendlyName: "alice\u00e9" }, {
      passphrase,
      random,
      iterations: 1000,
    });
    await inFolder(async (dir) => {
      await Deno.writeFile(join(dir, "p12"), file);
      await Deno.writeFile(join(dir, "passphrase"), passphrase);
      await Deno.writeTextFile(join(dir, "wrong"), "wrong");
      const open = ["-in", "p12", "-passin", "file:passphrase"];
      const key = await opensslOk(dir, "pkcs12", ...open, "-nocerts", "-nodes");
      assert.ok(key.includes(keyPem));
      const certificates = await opensslOk(dir, "pkcs12", ...open, "-nokeys");
      assert.deepEqual(parseCertificates(certificates), chain);
      const info = await opensslOk(dir, "pkcs12", ...open, "-info", "-noout");
      assert.match(info, /MAC: sha256, Iteration 1000/);
      assert.match(info, /PBES2, PBKDF2, AES-256-CBC, Iteration 1000, PRF hmacWithSHA256/);
      const wrong = await openssl(dir, "pkcs12", "-in", "p12", "-passin", "file:wrong", "-noout");
      assert.notEqual(wrong.code, 0);
      file[300]! ^= 1;
      await Deno.writeFile(join(dir, "p12"), file);
      assert.notEqual((await openssl(dir, "pkcs12", ...open, "-noout")).code, 0);
    });
  });
}

Deno.test("encodePkcs12() refuses an empty passphrase and one that is no text", async () => {
  const content = { chain: [fixture("good-ed25519.crt")], pkcs8: new Uint8Array(16), friendlyName: "x" };
  for (const [passphrase, code] of [[[], "passphrase-empty"], [[0xff], "passphrase-malformed"]] as const) {
    const options = { passphrase: Uint8Array.from(passphrase), random, iterations: 1 };
    await assert.rejects(encodePkcs12(content, options), { code });
  }
});
