import assert from "node:assert/strict";
import { join } from "node:path";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import { formatPem } from "../../lib/bytes/mod.ts";
import {
  createRevocationList,
  CRL_PEM_LABEL,
  isRevoked,
  parseCertificate,
  parseRevocationList,
  REVOCATION_REASONS,
  type RevokedCertificate,
  verifyRevocationList,
} from "../../lib/pki/mod.ts";
import { certsFolder, fixture, fixtureKeys } from "./fixtures.ts";
import { mutationsOf, typedErrorOf } from "../support/mutate.ts";
import { inFolder } from "../support/in_folder.ts";
import { opensslOk } from "../support/openssl.ts";

const thisUpdate = new Date("2027-01-01T00:00:00Z"), nextUpdate = new Date("2027-01-08T00:00:00Z");
const root = parseCertificate(fixture("root-ed25519.crt"));
const { privateKey } = await fixtureKeys("root-ed25519.key");

const serial = fc.bigInt({ min: 1n, max: (1n << 127n) - 1n }).map((value) => {
  const hex = value.toString(16);
  return hex.length % 2 ? `0${hex}` : hex;
});
const revokedAt = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000));
const entries = fc.uniqueArray(
  fc.record(
    { serial, revokedAt, reason: fc.constantFrom(...REVOCATION_REASONS) },
    { noNullPrototype: true },
  ),
  { selector: (entry) => entry.serial, maxLength: 20 },
);

function make(revoked: RevokedCertificate[], number = 1): Promise<Uint8Array<ArrayBuffer>> {
  return createRevocationList({ number, thisUpdate, nextUpdate, revoked }, root, privateKey);
}

Deno.test("parseRevocationList() returns what createRevocationList() was given", async () => {
  await fc.assert(
    fc.asyncProperty(entries, fc.nat(0x7fff_ffff), async (revoked, number) => {
      const list = parseRevocationList(await make(revoked, number));
      await verifyRevocationList(list, root);
      assert.deepEqual([...list.revoked.values()], revoked);
      assert.deepEqual([list.number, list.thisUpdate, list.nextUpdate], [number, thisUpdate, nextUpdate]);
      for (const { serial } of revoked) assert.equal(isRevoked(list, serial), true);
      assert.equal(isRevoked(list, "00ff"), false);
    }),
    { numRuns: 50 },
  );
});

Deno.test("createRevocationList() writes what openssl and @peculiar/x509 read, for each kind of key", async () => {
  for (const kind of ["ed25519", "p256", "rsa"]) {
    const issuer = parseCertificate(fixture(`root-${kind}.crt`));
    const keys = await fixtureKeys(`root-${kind}.key`);
    const revoked = REVOCATION_REASONS.map((reason, i) => ({
      serial: `4${i}`,
      revokedAt: thisUpdate,
      reason,
    }));
    const content = { number: 4711, thisUpdate, nextUpdate, revoked };
    const der = await createRevocationList(content, issuer, keys.privateKey);
    const library = new x509.X509Crl(der);
    assert.deepEqual(library.entries.map((entry) => entry.serialNumber), revoked.map((one) => one.serial));
    assert.equal(await library.verify({ publicKey: keys.publicKey }), true);
    await inFolder(async (dir) => {
      await Deno.writeTextFile(join(dir, "crl"), formatPem(CRL_PEM_LABEL, der));
      const options = ["-in", "crl", "-CAfile", `${certsFolder}root-${kind}.crt`, "-noout", "-text"];
      const text = await opensslOk(dir, "crl", ...options);
      assert.match(text, /verify OK/);
      assert.match(text, /X509v3 CRL Number: *\n *4711/);
      for (const reason of ["Key Compromise", "CA Compromise", "Superseded", "Privilege Withdrawn"]) {
        assert.ok(text.includes(reason), reason);
      }
      assert.doesNotMatch(text, /Unspecified/);
    });
  }
});

Deno.test("parseRevocationList() reads openssl's CRLs and refuses those that are only a part", async () => {
  const config = `
    [ca]
    default_ca = d
    [d]
    database = index
    crlnumber = number
    default_md = default
    default_crl_days = 7
    crl_extensions = plain
    [plain]
    authorityKeyIdentifier = keyid
    [partial]
    issuingDistributionPoint = critical, @point
    [point]
    fullname = URI:http://example.org/crl
    onlyuser = TRUE`;
  await inFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "config"), config.replace(/^ +/gm, ""));
    await Deno.writeTextFile(join(dir, "number"), "1F\n");
    await Deno.writeTextFile(
      join(dir, "index"),
      "R\t361231000000Z\t270101000000Z,keyCompromise\t4ABC\tunknown\t/CN=x\n",
    );
    const key = ["-keyfile", `${certsFolder}root-p256.key`, "-cert", `${certsFolder}root-p256.crt`];
    const generate = async (...more: string[]) => {
      await opensslOk(dir, "ca", "-config", "config", "-gencrl", ...key, ...more, "-out", "pem");
      await opensslOk(dir, "crl", "-in", "pem", "-outform", "DER", "-out", "der");
      return await Deno.readFile(join(dir, "der"));
    };
    const list = parseRevocationList(await generate());
    await verifyRevocationList(list, parseCertificate(fixture("root-p256.crt")));
    assert.deepEqual([...list.revoked.keys()], ["4abc"]);
    assert.equal(list.revoked.get("4abc")?.reason, "key-compromise");
    assert.equal(list.number, 0x1f);
    const partial = await generate("-crlexts", "partial");
    assert.throws(() => parseRevocationList(partial), { code: "crl-malformed" });
  });
});

Deno.test("verifyRevocationList() refuses other authorities and forged lists", async () => {
  const list = parseRevocationList(await make([]));
  const p256 = parseCertificate(fixture("root-p256.crt"));
  await assert.rejects(verifyRevocationList(list, p256), { code: "crl-untrusted" });
  // The same name, another key.
  const foreign = parseCertificate(fixture("foreign-root.crt"));
  await assert.rejects(verifyRevocationList(list, foreign), { code: "crl-signature" });
  // A leaf may not revoke.
  const leaf = parseCertificate(fixture("good-ed25519.crt"));
  await assert.rejects(verifyRevocationList(list, { ...leaf, subject: root.subject }), {
    code: "crl-untrusted",
  });
});

Deno.test("parseRevocationList() throws only typed errors when given mutated lists, and none verifies", async () => {
  const der = await make([{ serial: "4a", revokedAt: thisUpdate, reason: "superseded" }]);
  await fc.assert(
    fc.asyncProperty(mutationsOf(der), async (changed) => {
      fc.pre(changed.toHex() !== der.toHex());
      const error = await typedErrorOf(() => verifyRevocationList(parseRevocationList(changed), root));
      assert.match(error?.code ?? "accepted", /^(crl-malformed|crl-untrusted|crl-signature|cert-algorithm)$/);
    }),
    { numRuns: 1000 },
  );
  assert.throws(() => parseRevocationList(new Uint8Array(2 << 20)), { code: "crl-malformed" });
});

Deno.test("a CRL of ten thousand certificates is made and read in well under a second", async () => {
  const revoked = Array.from({ length: 10_000 }, (_, i) => ({
    serial: `40${i.toString(16).padStart(30, "0")}`,
    revokedAt: thisUpdate,
    reason: "superseded" as const,
  }));
  const start = performance.now();
  const list = parseRevocationList(await make(revoked));
  assert.equal(list.revoked.size, 10_000);
  assert.ok(performance.now() - start < 1000, `${performance.now() - start} ms`);
});
