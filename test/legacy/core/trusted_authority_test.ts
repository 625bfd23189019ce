import assert from "node:assert/strict";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { ParleyError } from "../../../lib/errors/mod.ts";
import {
  formatRsaPublicKey,
  generateRsaKey,
  RsaAuthority,
  TrustedAuthority,
} from "../../../lib/legacy/core/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

Deno.test("TrustedAuthority trusts the first authority and what it has issued, and no other after it", () =>
  inFolder(async (dir) => {
    const now = () => Date.UTC(2026, 0, 1);
    const files = {
      privateKeyPath: `${dir}/private.pem`,
      publicKeyPath: `${dir}/public.pem`,
      certificatePath: (user: string) => `${dir}/${user}.pem`,
    };
    const authority = await RsaAuthority.open(files, now, systemRandom);
    const trusted = new TrustedAuthority({ path: `${dir}/trusted.pem`, now, missingHint: "copy it" });
    const key = await generateRsaKey();
    const certificate = authority.issue("alice", key);
    assert.equal(authority.find("alice"), certificate);
    assert.equal(authority.find("bob"), undefined);
    assert.throws(() => trusted.verify(certificate, "alice"), hasCode("no-authority"));
    trusted.keep(authority.publicKeyPem);
    trusted.keep(`${authority.publicKeyPem}\n`);
    assert.equal(formatRsaPublicKey(trusted.verify(certificate, "alice")), formatRsaPublicKey(key));
    assert.throws(() => trusted.verify(certificate, "bob"), hasCode("certificate-refused"));
    assert.throws(() => trusted.keep(formatRsaPublicKey(key)), hasCode("authority-changed"));
    const again = await RsaAuthority.open(files, now, systemRandom);
    assert.equal(again.publicKeyPem, authority.publicKeyPem);
  }));

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ParleyError && error.code === code;
}
