import assert from "node:assert/strict";
import fc from "fast-check";
import { numberedFileName, safeFileName, safeRelativePath } from "../../../lib/client/files/file_name.ts";

const cases: readonly [received: string, safe: string][] = [
  ["report.pdf", "report.pdf"],
  ["Übersicht 2026.ods", "Übersicht 2026.ods"],
  ["a - b.txt", "a - b.txt"],
  ["../../etc/passwd", "__.._etc_passwd"],
  ["/etc/passwd", "_etc_passwd"],
  ["..\\..\\boot.ini", "__.._boot.ini"],
  ["C:\\windows\\win.ini", "C__windows_win.ini"],
  ["file.txt:stream", "file.txt_stream"],
  ["", "file"],
  [".", "file"],
  ["..", "file"],
  ["...", "file"],
  ["   ", "file"],
  [".bashrc", "_bashrc"],
  [".parley-0123.part", "_parley-0123.part"],
  ["..hidden", "_hidden"],
  [" .hidden", "_hidden"],
  ["-rf", "_rf"],
  ["--help", "_help"],
  ["\u2010rf", "_rf"],
  ["~root", "_root"],
  ["name. . .", "name"],
  ["name ", "name"],
  ["CON", "_CON"],
  ["con.txt", "_con.txt"],
  ["aux .h", "_aux .h"],
  ["Lpt1.tar.gz", "_Lpt1.tar.gz"],
  ["COM²", "_COM²"],
  ["console.log", "console.log"],
  ["a\0b", "a_b"],
  ["a\nb\x1b[31mc", "a_b_[31mc"],
  ["photo\u202egpj.exe", "photo_gpj.exe"],
  ["a\u200bb\u2066c", "a_b_c"],
  ["a\u2044b\u2215c\uff0fd\u29f8e", "a_b_c_d_e"],
  ["a\uff3cb\u29f5c\u2216d", "a_b_c_d"],
  ["\u2024\u2024", "file"],
  ["\u2025/x", "__x"],
  ["a\u00a0b\u3000c", "a b c"],
  ["lone \ud800 surrogate", "lone \ufffd surrogate"],
  ['what?*<>|".txt', "what______.txt"],
  ["x".repeat(400) + ".tar", "x".repeat(236) + ".tar"],
  ["é".repeat(200), "é".repeat(120)],
  [`${"x".repeat(10)}.${"y".repeat(300)}`, `${"x".repeat(10)}.${"y".repeat(229)}`],
  ["👩‍🚀".normalize() + ".png", "👩_🚀.png"],
  ["a" + "\u0301".repeat(400), "á" + "\u0301".repeat(119)],
];

Deno.test("safeFileName() makes hostile names harmless and leaves others as they are", () => {
  for (const [received, safe] of cases) assert.equal(safeFileName(received), safe, JSON.stringify(received));
});

/** Parts from which hostile names are made. */
const hostilePart = fc.constantFrom(
  ...[
    "/",
    "\\",
    "..",
    ".",
    "-",
    "~",
    " ",
    "\0",
    "\n",
    "\x1b[2J",
    "\x7f",
    "\x85",
    ":",
    "con",
    "NUL",
    "lpt9",
    ".txt",
  ],
  ...[
    "\u202e",
    "\u2066",
    "\u200d",
    "\ufeff",
    "\u2028",
    "\u2044",
    "\u2215",
    "\uff0f",
    "\u29f8",
    "\uff3c",
    "\u2024",
  ],
  ...[
    "\u2025",
    "\u00a0",
    "\u3164",
    "\u0338",
    "\u0301",
    "\ud83d",
    "\udc4d",
    "👍",
    "é",
    "x".repeat(130),
    "\u{e0001}",
  ],
);
const hostileName = fc.oneof(
  fc.array(hostilePart, { maxLength: 12 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
);

function assertSafe(name: string): void {
  assert.ok(name.length > 0 && new TextEncoder().encode(name).length <= 240, name);
  assert.ok(name.isWellFormed());
  assert.doesNotMatch(name, /[/\\:*?"<>|\u2044\u2215\u29f8\uff0f\uff3c]/u);
  assert.doesNotMatch(name, /[\p{C}\p{Zl}\p{Zp}]/u);
  assert.doesNotMatch(name, /^[-~ ]|[. ]$/u);
  assert.doesNotMatch(name, /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
}

Deno.test("safeFileName() is safe for any text, and the same when it is applied again", () => {
  fc.assert(
    fc.property(hostileName, (received) => {
      const name = safeFileName(received);
      assertSafe(name);
      assert.ok(!name.startsWith("."));
      assert.equal(safeFileName(name), name);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("safeFileName() gives a name that the file system takes, in its folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-names-" });
  try {
    for (const [received] of cases) {
      const name = numberedFileName(safeFileName(received), 999_999);
      (await Deno.create(`${folder}/${name}`)).close();
      await Deno.remove(`${folder}/${name}`);
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("numberedFileName() puts the number before the extension", () => {
  assert.equal(numberedFileName("a.txt", 1), "a.txt");
  assert.equal(numberedFileName("a.txt", 2), "a (2).txt");
  assert.equal(numberedFileName("README", 3), "README (3)");
  assert.equal(numberedFileName(`a.${"x".repeat(100)}`, 2), `a.${"x".repeat(100)} (2)`);
});

Deno.test("safeRelativePath() refuses what leads out of a folder", () => {
  const hostile = ["..", "../a", "a/../../b", "a/..", "/a", "//a", "", ".", "./", "x/".repeat(65)];
  for (const path of [...hostile, "a/b\\..\\c", "a\\..\\..\\b", `${"x".repeat(200)}/`.repeat(11)]) {
    assert.equal(safeRelativePath(path), undefined, path);
  }
});

Deno.test("safeRelativePath() keeps names that begin with a dot, and makes each part safe", () => {
  assert.deepEqual(safeRelativePath("src/.git/config"), ["src", ".git", "config"]);
  assert.deepEqual(safeRelativePath("./a//b/"), ["a", "b"]);
  assert.deepEqual(safeRelativePath("a/-x/nul/b\u202e"), ["a", "_x", "_nul", "b_"]);
  assert.deepEqual(safeRelativePath("c:\\a/\\b"), ["c__a", "_b"]);
  assert.deepEqual(safeRelativePath(".../...x/. "), ["file", "_x", "file"]);
});

Deno.test("safeRelativePath() gives parts that are safe for any text", () => {
  fc.assert(
    fc.property(fc.array(hostileName, { maxLength: 5 }).map((parts) => parts.join("/")), (received) => {
      for (const part of safeRelativePath(received) ?? []) {
        assertSafe(part);
        assert.ok(part !== "." && part !== "..");
        assert.equal(safeFileName(part, { dotFiles: true }), part);
      }
    }),
    { numRuns: 1_000 },
  );
});
