import assert from "node:assert/strict";
import { parseSync } from "@optique/core/parser";
import type { Command } from "../../commands/command.ts";
import { splitLeadingOptions } from "../../commands/leading_options.ts";
import { completeParser } from "../../commands/run_command.ts";
import { type CommandEntry, commands, isTable } from "../../commands/table.ts";
import { run } from "../../main.ts";
import { FakeIo } from "../support/fake_io.ts";
import { splitWords } from "../support/split_words.ts";

interface Found {
  words: string[];
  brief: string;
  command: Command<unknown>;
}

async function loadAll(entries: readonly CommandEntry[], words: string[] = []): Promise<Found[]> {
  const found: Found[] = [];
  for (const { name, brief, load } of entries) {
    const loaded = await load();
    if (isTable(loaded)) found.push(...await loadAll(loaded, [...words, name]));
    else found.push({ words: [...words, name], brief, command: loaded });
  }
  return found;
}

const all = await loadAll(commands);

Deno.test("every command's examples are command lines that its parser accepts", () => {
  assert(all.length >= 8);
  for (const { words, command } of all) {
    for (const { line, does } of command.examples) {
      const own = line.split(/ [|<>] /).find((part) => part.startsWith("parley ")) ?? "";
      const [program, ...args] = splitWords(own);
      assert.equal(program, "parley", line);
      assert.deepEqual(args.slice(0, words.length), words, line);
      const parsed = parseSync(completeParser(command), args.slice(words.length));
      assert(parsed.success, line);
      assert.match(does, /^[A-Z].*[^.]$/, line);
    }
  }
});

Deno.test("every command has help with usage, options and examples, no wider than the terminal", async () => {
  for (const { words, brief, command } of all) {
    const io = new FakeIo();
    assert.equal(await run([...words, "--help"], io), 0);
    assert(io.stdout.text.startsWith(`${brief}.\n\nUsage: parley ${words.join(" ")}`), words.join(" "));
    for (const { line } of command.examples) assert(io.stdout.text.includes(`  ${line}\n`));
    for (const row of io.stdout.text.split("\n").slice(1)) assert(row.length <= 80 && !/ $/.test(row), row);
    assert.equal(io.stderr.text, "");
  }
});

Deno.test("the list of commands names the global options as their parser does", async () => {
  const list = new FakeIo(), help = new FakeIo();
  await run(["--help"], list);
  await run(["keygen", "--help"], help);
  const rows = (text: string) =>
    text.replace(/\n {6,}/g, " ").split("\n").filter((row) => /^ {2}--/.test(row)).map((row) =>
      row.trim().replace(/ +/g, " ")
    );
  const own = rows(help.stdout.text.split("Global options:")[1] ?? "");
  assert.equal(own.length, 4);
  assert.deepEqual(rows(list.stdout.text), own);
});

Deno.test("splitLeadingOptions() knows exactly the global options", () => {
  const leading = ["--home", "h", "--as=u/d", "--json", "--quiet", "--home=x", "--as", "u"];
  assert.deepEqual(splitLeadingOptions([...leading, "send", "--json"]), {
    leading,
    rest: ["send", "--json"],
  });
  for (const other of ["--force", "-h", "--", "send"]) {
    assert.deepEqual(splitLeadingOptions([other, "--json"]).leading, []);
  }
  assert.deepEqual(splitLeadingOptions(["--home"]), { leading: ["--home"], rest: [] });
});
