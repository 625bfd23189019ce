import assert from "node:assert/strict";
import fc from "fast-check";
import { object } from "@optique/core/constructs";
import { withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { integer, string } from "@optique/core/valueparser";
import { defineCommand } from "../../commands/command.ts";
import { parseConfig } from "../../commands/config/parse_config.ts";
import { type ConfigPlace, readConfig } from "../../commands/config/read_config.ts";
import { applyConfig } from "../../commands/config/apply_config.ts";
import { completeParser, runCommand } from "../../commands/run_command.ts";
import { commands, isTable } from "../../commands/table.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import { FakeIo } from "../support/fake_io.ts";
import { inFolder } from "../support/in_folder.ts";

Deno.test("parseConfig() reads sections, values, quotes and comments, and says where each stands", () => {
  const text = '# x\nhome = /a b \r\n\n[ca  invite]\ndays=3\nrelay = "x#y "\n';
  assert.deepEqual(parseConfig(text, "f"), [
    { section: "", name: "home", value: "/a b", place: "f:2" },
    { section: "ca invite", name: "days", value: "3", place: "f:5" },
    { section: "ca invite", name: "relay", value: "x#y ", place: "f:6" },
  ]);
});

Deno.test("parseConfig() names the line that is wrong", () => {
  const cases: [string, RegExp][] = [
    ["a = 1\nb\n", /^f:2: expected name = value/],
    ["[serve\n", /^f:1: expected/],
    ["[serve]\na = 1\na = 2", /^f:3: a is set before, in f:2/],
    ['\n\na = "x', /^f:3: a value in quotes/],
    ["--a = 1", /^f:1: expected/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseConfig(text, "f"), { code: "config-malformed", message }, text);
  }
});

Deno.test("parseConfig() takes any text or refuses it with a line", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    try {
      for (const { place } of parseConfig(text, "f")) assert.match(place, /^f:\d+$/);
    } catch (error) {
      assert(error instanceof ParleyError && /^f:\d+: /.test(error.message), String(error));
    }
  }));
});

const places = (folder: string): ConfigPlace[] =>
  (["project", "user", "system"] as const).map((kind) => ({ kind, path: `${folder}/${kind}` }));

Deno.test("the command line counts before the environment, the project, the user and the system", () =>
  inFolder(async (folder) => {
    const loaded = await commands.find(({ name }) => name === "serve")!.load();
    assert(!isTable(loaded));
    const parser = completeParser(loaded);
    const set = async (kind: string, text: string) =>
      await Deno.writeTextFile(`${folder}/${kind}`, text, { mode: 0o644 });
    await set("system", "home = /system\n[serve]\nlisten = s:1\nname = s\ndata = s\n");
    await set("user", "home = /user\n[serve]\nname = u\ndata = u\n");
    await set("project", "home = /project\n[serve]\ndata = p\n");
    const apply = (args: string[], env: Record<string, string> = {}) =>
      applyConfig("parley serve", parser, args, readConfig(places(folder)), new FakeIo({ env })).args;
    const files = ["--data=p", "--home=/project", "--name=u", "--listen=s:1"];
    assert.deepEqual(apply([]), files);
    assert.deepEqual(apply([], { PARLEY_HOME: "/x" }), files.filter((one) => !one.startsWith("--home")));
    assert.deepEqual(apply(["--home", "/flag", "--name=f"]), [
      "--data=p",
      "--listen=s:1",
      "--home",
      "/flag",
      "--name=f",
    ]);
    assert.deepEqual(apply(["--", "--data"]), [...files, "--", "--data"]);
  }));

Deno.test("a configuration that names what does not exist is refused with file and line", () =>
  inFolder(async (folder) => {
    const loaded = await commands.find(({ name }) => name === "serve")!.load();
    assert(!isTable(loaded));
    const cases: [string, RegExp][] = [
      ["[serve]\nlissen = x", /\/user:2: serve has no option lissen$/],
      ["[sreve]\nlisten = x", /\/user:2: there is no command "sreve"$/],
      ["listen = x", /\/user:1: listen belongs below the \[command\]/],
      ["json = true", /\/user:1: json can be given on the command line only/],
      ["quiet = yes", /\/user:1: quiet is true or false/],
    ];
    for (const [text, message] of cases) {
      await Deno.writeTextFile(`${folder}/user`, text);
      const apply = () =>
        applyConfig("parley serve", completeParser(loaded), [], readConfig(places(folder)), new FakeIo());
      assert.throws(apply, { code: "config-malformed", message }, text);
    }
  }));

Deno.test("a file of the project that others can change is refused", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/project`, "quiet = true\n");
    await Deno.chmod(`${folder}/project`, 0o666);
    assert.throws(() => readConfig(places(folder)), { code: "config-untrusted" });
    await Deno.chmod(`${folder}/project`, 0o644);
    assert.equal(readConfig(places(folder)).length, 1);
  }));

Deno.test("runCommand() takes options from the project's file, says so, and names the line of a bad value", () =>
  inFolder(async (folder) => {
    let seen: unknown;
    const command = defineCommand({
      examples: [{ line: "parley serve", does: "Test" }],
      parser: object({
        data: withDefault(option("--data", string()), "none"),
        days: withDefault(option("--days", integer({ min: 1 })), 7),
      }),
      execute(values) {
        seen = [values.data, values.days];
        return Promise.resolve();
      },
    });
    const io = new FakeIo({ cwd: folder });
    await Deno.writeTextFile(`${folder}/.parley.conf`, "[serve]\ndata = a b\ndays = 3\n", { mode: 0o644 });
    assert.equal(await runCommand("parley serve", "x", command, [], io), 0);
    assert.deepEqual(seen, ["a b", 3]);
    assert.equal(io.stderr.text, `parley: with options of ${folder}/.parley.conf\n`);
    await Deno.writeTextFile(`${folder}/.parley.conf`, "[serve]\ndays = 0\n");
    const wrong = runCommand("parley serve", "x", command, [], io);
    await assert.rejects(wrong, {
      code: "config-malformed",
      message: /\.parley\.conf:2: `--days`: expected a value/,
    });
  }));

Deno.test("the example of a configuration sets only options that exist", async () => {
  const path = new URL("../../docs/examples/config", import.meta.url);
  const entries = parseConfig(await Deno.readTextFile(path), "config");
  assert(entries.length > 5);
  const file = { kind: "system" as const, path: "config", entries };
  for (const section of new Set(entries.map((entry) => entry.section))) {
    let loaded = await commands.find(({ name }) => name === (section.split(" ")[0] || "serve"))!.load();
    for (const word of section.split(" ").slice(1)) {
      assert(isTable(loaded));
      loaded = await loaded.find(({ name }) => name === word)!.load();
    }
    assert(!isTable(loaded));
    const { places } = applyConfig(`parley ${section}`, completeParser(loaded), [], [file], new FakeIo());
    assert(places.size > 0, section);
  }
});
