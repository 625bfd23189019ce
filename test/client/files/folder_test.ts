import assert from "node:assert/strict";
import { join } from "node:path";
import { packTar, type TarEntry, type TarHeader } from "modern-tar";
import { packFolder } from "../../../lib/client/files/pack_folder.ts";
import { type UnpackedFolder, unpackFolder } from "../../../lib/client/files/unpack_folder.ts";
import { inFolder } from "../../support/in_folder.ts";

/** What stands in a folder: paths, with the content of files and the targets of links. */
function listing(root: string, path = "."): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(join(root, path))) {
    const below = join(path, name);
    const place = join(root, below);
    const { isDirectory, isSymlink, mode } = Deno.lstatSync(place);
    if (isSymlink) found[below] = `-> ${Deno.readLinkSync(place)}`;
    else if (isDirectory) Object.assign(found, { [`${below}/`]: octal(mode) }, listing(root, below));
    else found[below] = `${octal(mode)} ${Deno.readTextFileSync(place)}`;
  }
  return found;
}

function octal(mode: number | null): string {
  return ((mode ?? 0) & 0o777).toString(8);
}

function unpack(tar: Uint8Array<ArrayBuffer>, into: string): Promise<UnpackedFolder> {
  return unpackFolder(new Blob([tar]).stream(), into);
}

async function pack(folder: string, leftOut: string[] = []): Promise<Uint8Array<ArrayBuffer>> {
  const stream = ReadableStream.from(packFolder(folder, { onLeftOut: (path) => leftOut.push(path) }));
  return await new Response(stream).bytes();
}

function file(name: string, data = "x", header: Partial<TarHeader> = {}): TarEntry {
  return { header: { name, size: data.length, type: "file", ...header }, body: data };
}

Deno.test("unpackFolder() makes what packFolder() was given, without links and devices", () =>
  inFolder(async (folder) => {
    const from = join(folder, "from"), to = join(folder, "to");
    await Deno.mkdir(join(from, "deep", "er"), { recursive: true });
    await Deno.mkdir(join(from, "empty"));
    await Deno.mkdir(to);
    const long = "n".repeat(200);
    await Deno.writeTextFile(join(from, "run.sh"), "run", { mode: 0o755 });
    await Deno.writeTextFile(join(from, ".env"), "secret");
    await Deno.writeTextFile(join(from, "nothing"), "");
    await Deno.writeTextFile(join(from, "deep", "er", `${long} ü.txt`), "long");
    await Deno.writeTextFile(join(from, "deep", "big"), "0123456789abcdef".repeat(40_000));
    await Deno.symlink("/etc/passwd", join(from, "link"));
    await Deno.symlink("..", join(from, "deep", "up"));
    const leftOut: string[] = [];
    const tar = await pack(from, leftOut);
    assert.deepEqual(leftOut, ["deep/up", "link"]);
    assert.deepEqual(await unpack(tar, to), { files: 5, leftOut: 0 });
    assert.deepEqual(listing(to), {
      "deep/": "700",
      "deep/er/": "700",
      [`deep/er/${long} ü.txt`]: "600 long",
      "deep/big": `600 ${"0123456789abcdef".repeat(40_000)}`,
      "empty/": "700",
      ".env": "600 secret",
      "nothing": "600 ",
      "run.sh": "600 run",
    });
    assert.deepEqual(await pack(from), tar, "the same folder gives the same stream");
  }));

Deno.test("packFolder() fails where the folder cannot be read, and ends when its reader leaves", () =>
  inFolder(async (folder) => {
    await assert.rejects(pack(join(folder, "none")), { code: "file-unreadable" });
    for (let i = 0; i < 30; i++) await Deno.writeFile(join(folder, `f${i}`), new Uint8Array(1 << 20));
    for await (const chunk of packFolder(folder, { onLeftOut: () => {} })) {
      assert.ok(chunk.length > 0);
      break;
    }
  }));

Deno.test("unpackFolder() refuses every path that leads out of the folder", async () => {
  const hostile = [
    ...["../out", "a/../../out", "/srv/out", "//out", "..", "a/..", "..\\out", "a/b\\..\\c", ""],
    `${"../".repeat(50)}out`,
    "x/".repeat(100) + "out",
    `${"y".repeat(200)}/`.repeat(20) + "out",
  ];
  for (const name of hostile) {
    for (const header of [{ name }, { name: "fine", pax: { path: name } }]) {
      await inFolder(async (folder) => {
        const into = join(folder, "into");
        await Deno.mkdir(into);
        const tar = await packTar([file("before"), file(name, "x", header), file("after")]);
        const refusal = name === "" ? /folder-(refused|malformed)/ : /folder-refused/;
        await assert.rejects(unpack(tar, into), ({ code }: { code: string }) => refusal.test(code), name);
        assert.deepEqual([...Deno.readDirSync(folder)].map((one) => one.name), ["into"], name);
      });
    }
  }
});

Deno.test("unpackFolder() makes no link and no device, and writes through none", () =>
  inFolder(async (folder) => {
    const into = join(folder, "into");
    await Deno.mkdir(into);
    await Deno.writeTextFile(join(folder, "victim"), "whole");
    const header = (type: TarHeader["type"], name: string, linkname = ""): TarEntry => ({
      header: { name, type, linkname, size: 0 },
    });
    const tar = await packTar([
      header("symlink", "dir", ".."),
      header("symlink", "file", "../victim"),
      header("link", "hard", "../victim"),
      header("character-device", "zero"),
      header("block-device", "disk"),
      header("fifo", "pipe"),
      file("dir/victim", "overwritten?"),
      file("file", "overwritten?"),
    ]);
    assert.deepEqual(await unpack(tar, into), { files: 2, leftOut: 6 });
    assert.deepEqual(listing(into), {
      "dir/": "700",
      "dir/victim": "600 overwritten?",
      "file": "600 overwritten?",
    });
    assert.equal(await Deno.readTextFile(join(folder, "victim")), "whole");
  }));

Deno.test("unpackFolder() gives a number to the second of two files whose safe names are the same", () =>
  inFolder(async (folder) => {
    const names = ["a:b.txt", "a?b.txt", "a_b.txt", "c:\\x", "same", "same", "./same", "-x/f", "_x/f"];
    assert.equal((await unpack(await packTar(names.map((name) => file(name, name))), folder)).files, 9);
    assert.deepEqual(listing(folder), {
      "a_b.txt": "600 a:b.txt",
      "a_b (2).txt": "600 a?b.txt",
      "a_b (3).txt": "600 a_b.txt",
      "c__x": "600 c:\\x",
      "same": "600 same",
      "same (2)": "600 same",
      "same (3)": "600 ./same",
      "_x/": "700",
      "_x/f": "600 -x/f",
      "_x/f (2)": "600 _x/f",
    });
  }));

Deno.test("unpackFolder() refuses a file that is a folder too", () =>
  inFolder(async (folder) => {
    await assert.rejects(unpack(await packTar([file("a"), file("a/b")]), folder), { code: "folder-refused" });
  }));

Deno.test("unpackFolder() refuses streams that are malformed, in bounded memory", async () => {
  const good = await packTar([file("a", "x".repeat(3_000)), file("b")]);
  const broken = good.slice();
  broken[20]! ^= 1;
  const endless = await packTar([{ header: { name: "big", size: 4, type: "file" }, body: "body" }]);
  endless.set(new TextEncoder().encode("77777777777"), 124); // 8 GiB
  const huge = header({ name: "PaxHeader", type: "pax-header", size: 1 << 30 });
  const streams = {
    truncated: good.subarray(0, 2_000),
    "without an end": good.subarray(0, good.length - 1_024),
    "with a wrong checksum": broken,
    "with a size that is a lie": resum(endless),
    "with a huge header": huge,
    "of noise": crypto.getRandomValues(new Uint8Array(4_096)),
    "of nothing": new Uint8Array(),
  };
  for (const [name, tar] of Object.entries(streams)) {
    await inFolder(async (folder) => {
      await assert.rejects(unpack(tar.slice(), folder), { code: "folder-malformed" }, name);
    });
  }
});

/** A header alone. */
function header(fields: TarHeader): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(512);
  const write = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  write(0, fields.name);
  write(100, "0000600\0");
  write(124, fields.size!.toString(8).padStart(11, "0"));
  write(156, "x");
  write(257, "ustar\x0000");
  return resum(block);
}

/** Puts the first header's checksum right. */
function resum(tar: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((a, b) => a + b, 0);
  tar.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return tar;
}
