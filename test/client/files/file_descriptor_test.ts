import assert from "node:assert/strict";
import { toFileDescriptor, toFileReference } from "../../../lib/client/files/file_content.ts";
import { checkFileDescriptor, type FileDescriptor } from "../../../lib/client/files/file_descriptor.ts";
import { SecretBytes } from "../../../lib/crypto/mod.ts";
import { assertHides, SECRET_BYTE } from "../../support/assert_hides.ts";

const file: FileDescriptor = {
  ...{ blob: new Uint8Array(32), key: new SecretBytes(new Uint8Array(32).fill(SECRET_BYTE)), size: 5 },
  ...{ hash: new Uint8Array(32), name: "plan.pdf", mediaType: "application/pdf" },
};

Deno.test("FileDescriptor goes into a message and comes out of it, and shows its key at neither end", () => {
  const reference = toFileReference(file), again = toFileDescriptor(reference);
  assert.deepEqual(again.key.expose(), file.key.expose());
  assert.deepEqual({ ...again, key: file.key }, file);
  for (const one of [file, reference, again]) assertHides(one);
});

Deno.test("checkFileDescriptor() refuses what cannot be, and does not show the key", () => {
  const wrong: Partial<FileDescriptor>[] = [
    { blob: new Uint8Array(31) },
    { key: new SecretBytes(new Uint8Array(33).fill(SECRET_BYTE)) },
    { hash: new Uint8Array(20) },
    { size: -1 },
    { size: 1.5 },
  ];
  for (const change of wrong) {
    assert.throws(() => checkFileDescriptor({ ...file, ...change }), (error) => {
      assertHides(error);
      return (error as { code?: string }).code === "file-descriptor-malformed";
    });
  }
  checkFileDescriptor(file);
});
