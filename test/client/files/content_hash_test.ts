import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { hashContent } from "../../../lib/client/files/content_hash.ts";
import { FILE_CHUNK_BYTES } from "../../../lib/client/files/file_layout.ts";
import { inFolder } from "../../support/in_folder.ts";
import { content } from "../../support/transfer_fixture.ts";

const SHORT = 3 * FILE_CHUNK_BYTES + 7;
/** So long that a thread hashes it. */
const LONG = 130 * FILE_CHUNK_BYTES + 7;
const patient = { signal: new AbortController().signal, onHashed: () => {} };

for (const size of [SHORT, LONG]) {
  Deno.test(`hashContent() hashes ${size} bytes, also where a beginning was there before`, () =>
    inFolder(async (folder) => {
      const bytes = content(size), path = `${folder}/file`;
      const expected = createHash("sha256").update(bytes).digest("hex");
      await Deno.writeFile(path, bytes);
      for (const beginning of [0, FILE_CHUNK_BYTES]) {
        using hash = hashContent(size, path);
        let at = hash.skip(beginning) ? beginning : 0;
        assert.equal(at, size === LONG ? beginning : 0);
        for (; at < size; at += FILE_CHUNK_BYTES) hash.update(bytes.subarray(at, at + FILE_CHUNK_BYTES));
        assert.equal((await hash.digest(patient)).toHex(), expected);
      }
    }));
}

Deno.test("hashContent() tells when the file cannot be read to its end, or at all", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file`;
    await Deno.writeFile(path, content(SHORT));
    using hash = hashContent(LONG, path);
    hash.skip(LONG);
    await assert.rejects(hash.digest(patient), { code: "file-unreadable", message: /shorter/ });
    using missing = hashContent(LONG, `${folder}/missing`);
    const message = /os error 2|cannot find/i;
    await assert.rejects(missing.digest(patient), { code: "file-unreadable", message });
  }));

Deno.test("hashContent() tells how much is hashed, and ends when it is to wait no longer", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file`, size = 2 ** 33;
    await Deno.writeFile(path, new Uint8Array());
    await Deno.truncate(path, size);
    const stop = new AbortController(), heard: number[] = [];
    const onHashed = (bytes: number) => {
      heard.push(bytes);
      stop.abort(new Error("enough"));
    };
    using hash = hashContent(size, path);
    hash.skip(size);
    await assert.rejects(hash.digest({ signal: stop.signal, onHashed }), { message: "enough" });
    assert(heard.length === 1 && heard[0]! > 0 && heard[0]! < size, `${heard}`);
    using hasty = hashContent(size, path);
    hasty.skip(size);
    const broken = () => {
      throw new Error("broken");
    };
    await assert.rejects(hasty.digest({ ...patient, onHashed: broken }), { message: "broken" });
    using other = hashContent(size, path);
    await assert.rejects(other.digest({ signal: stop.signal, onHashed }), { message: "enough" });
  }));
