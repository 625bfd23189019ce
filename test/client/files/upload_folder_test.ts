import assert from "node:assert/strict";
import { decodeCbor } from "../../../lib/bytes/mod.ts";
import { UploadFolder } from "../../../lib/client/files/upload_folder.ts";
import { SecretBytes, systemRandom } from "../../../lib/crypto/mod.ts";
import { CellCipher } from "../../../lib/store/mod.ts";
import { assertHides, SECRET_BYTE } from "../../support/assert_hides.ts";
import { inFolder } from "../../support/in_folder.ts";

const id = "0123456789abcdef0123456789abcdef";

const cipher = new CellCipher(new Uint8Array(32), systemRandom);

function open(folder: string): UploadFolder {
  return new UploadFolder(`${folder}/uploads`, cipher);
}

Deno.test("UploadFolder keeps a record encrypted with its key as bytes, and gives it back without showing the key", () =>
  inFolder((folder) => {
    const uploads = open(folder);
    using held = uploads.hold(id);
    const facts = { mailbox: "direct:alice,bob", name: "plan.pdf", mediaType: "application/pdf", note: "" };
    const key = new Uint8Array(32).fill(SECRET_BYTE);
    const record = { blob: new Uint8Array(32), key: new SecretBytes(key), ...facts };
    const progress = { createdAt: 1, size: 5, path: "/plan.pdf", fingerprint: "1", complete: false };
    uploads.write(held, { ...record, ...progress });
    const sealed = Deno.readFileSync(`${folder}/uploads/${id}.upload`);
    const stored = decodeCbor(cipher.open(`upload:${id}`, sealed));
    assert.deepEqual(stored, { blob: record.blob, key, ...facts, ...progress });
    const again = uploads.read(id);
    assert.deepEqual(again.key.expose(), key);
    assertHides(again);
  }));

Deno.test("UploadFolder.hold() gives an upload to one process, also when its lock is removed while it is opened", () =>
  inFolder((folder) => {
    const uploads = open(folder);
    const path = `${folder}/uploads/${id}.lock`;
    const tryLockSync = Deno.FsFile.prototype.tryLockSync;
    const first = uploads.hold(id);
    assert.throws(() => uploads.hold(id), { code: "upload-busy" });
    // Between opening the lock and locking it here, whoever has it removes the upload and ends.
    Deno.FsFile.prototype.tryLockSync = function (exclusive) {
      Deno.FsFile.prototype.tryLockSync = tryLockSync;
      uploads.remove(first);
      first[Symbol.dispose]();
      return tryLockSync.call(this, exclusive);
    };
    try {
      using _second = uploads.hold(id);
      assert.ok(Deno.statSync(path).isFile, "the lock that is held stands under its name");
      assert.throws(() => uploads.hold(id), { code: "upload-busy" });
    } finally {
      Deno.FsFile.prototype.tryLockSync = tryLockSync;
    }
  }));

Deno.test("UploadFolder.hold() follows no link", () =>
  inFolder((folder) => {
    const uploads = open(folder);
    Deno.mkdirSync(`${folder}/uploads`);
    Deno.writeTextFileSync(`${folder}/of value`, "kept");
    Deno.symlinkSync(`${folder}/of value`, `${folder}/uploads/${id}.lock`);
    assert.throws(() => uploads.hold(id), { code: "storage-unwritable" });
    assert.equal(Deno.readTextFileSync(`${folder}/of value`), "kept");
  }));
