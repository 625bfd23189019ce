import assert from "node:assert/strict";
import { formatRsaPublicKey, generateRsaKey, RsaKeyFile } from "../../../lib/legacy/core/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

Deno.test("RsaKeyFile keeps keys under their ids and opens them with the password only", () =>
  inFolder(async (dir) => {
    const path = `${dir}/keys.json`;
    const key = await generateRsaKey();
    new RsaKeyFile(path, "pw").add("1", key);
    const again = new RsaKeyFile(path, "pw");
    assert.equal(again.find("2"), undefined);
    assert.equal(formatRsaPublicKey(again.find("1")!), formatRsaPublicKey(key));
    assert.throws(() => new RsaKeyFile(path, "other").find("1"), { code: "passphrase-wrong" });
    assert(!Deno.readTextFileSync(path).includes("-----BEGIN PRIVATE KEY-----"));
  }));
