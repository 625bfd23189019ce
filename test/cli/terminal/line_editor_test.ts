import assert from "node:assert/strict";
import fc from "fast-check";
import { KeyDecoder } from "../../../commands/terminal/key_decoder.ts";
import { type EditorEvent, LineEditor } from "../../../commands/terminal/line_editor.ts";
import { textWidth } from "../../../commands/terminal/text_width.ts";
import { FakeOutput } from "../../support/fake_io.ts";
import { VirtualTerminal } from "../../support/virtual_terminal.ts";

function openEditor(columns = 40) {
  const screen = new VirtualTerminal(columns);
  const output = new FakeOutput(true, columns);
  output.onWrite = (text) => screen.write(text);
  const editor = new LineEditor(output, "bob> ");
  const decoder = new KeyDecoder();
  editor.draw();
  return {
    screen,
    output,
    editor,
    type(text: string): EditorEvent[] {
      const keys = decoder.decode(new TextEncoder().encode(text));
      return keys.map((key) => editor.press(key)).filter((event) => event !== undefined);
    },
  };
}

const LEFT = "\x1b[D", UP = "\x1b[A", DOWN = "\x1b[B";

Deno.test("LineEditor edits with the keys of a shell", () => {
  const cases: [string, string][] = [
    ["helo" + LEFT + "l", "hello"],
    ["ello\x01h\x05!", "hello!"],
    ["one two three\x17\x17X", "one X"],
    ["secret\x15new", "new"],
    ["keep this" + LEFT.repeat(5) + "\x0b", "keep"],
    ["日本x語" + LEFT + "\x7f", "日本語"],
    ["e\u0301a\x7f\x7fz", "z"],
    ["👩‍🚀!" + LEFT + LEFT + "\x1b[3~", "!"],
    ["one two\x1b[1;5D\x1b[1;5D\x1b[1;5Cx", "onex two"],
    ["ab\x02\x04", "a"],
  ];
  for (const [keys, line] of cases) {
    const { type, screen } = openEditor();
    assert.deepEqual(type(keys), [], keys);
    assert.equal(screen.rows.at(-1), `bob> ${line}`.trimEnd(), keys);
    assert.deepEqual(type("\r"), [{ line }], keys);
  }
});

Deno.test("LineEditor recalls entered lines and the one being typed", () => {
  const { type } = openEditor();
  type("first\rsecond\rsecond\rdra");
  assert.deepEqual(type(UP + UP + "\r"), [{ line: "first" }]);
  assert.deepEqual(type("draft" + UP + DOWN + "!\r"), [{ line: "draft!" }]);
  assert.deepEqual(type(DOWN + "x\r"), [{ line: "x" }]);
});

Deno.test("LineEditor reports Ctrl-C, and Ctrl-D on an empty line only", () => {
  const { type } = openEditor();
  assert.deepEqual(type("\x04"), ["end-of-input"]);
  assert.deepEqual(type("a\x01\x04"), []);
  assert.deepEqual(type("\x03"), ["interrupt"]);
});

Deno.test("LineEditor.printAbove() leaves the line and the cursor where they were", () => {
  const { type, editor, screen } = openEditor();
  type("hello world" + LEFT.repeat(6));
  editor.printAbove("bob: hi", "bob: again");
  assert.deepEqual(screen.rows, ["bob: hi", "bob: again", "bob> hello world"]);
  assert.equal(screen.beforeCursor, "bob> hello");
  assert.deepEqual(type("!\r"), [{ line: "hello! world" }]);
});

Deno.test("LineEditor scrolls a line that is wider than the terminal", () => {
  const { type, screen } = openEditor(20);
  type("0123456789abcdefghij");
  assert.deepEqual(screen.rows, ["bob> 6789abcdefghij"]);
  type("\x01");
  assert.deepEqual(screen.rows, ["bob> 0123456789abcd"]);
  assert.equal(screen.beforeCursor, "bob> ");
});

Deno.test("LineEditor shows more of the line when the terminal becomes wider", () => {
  const { type, screen, output, editor } = openEditor(20);
  type("0123456789abcdefghij");
  output.width = screen.columns = 40;
  editor.resized();
  assert.deepEqual(screen.rows, ["bob> 0123456789abcdefghij"]);
});

Deno.test("LineEditor shows pasted line ends and sends them", () => {
  const { type, screen } = openEditor();
  assert.deepEqual(type("\x1b[200~one\r\ntwo\x1b[201~"), []);
  assert.deepEqual(screen.rows, ["bob> one␊two"]);
  assert.deepEqual(type("\r"), [{ line: "one\ntwo" }]);
});

Deno.test("LineEditor shortens a prompt that is wider than half of the terminal", () => {
  const { editor, screen, type } = openEditor(20);
  editor.setPrompt("somebody-with-a-long-name> ");
  type("text");
  assert.deepEqual(screen.rows, ["somebody-wtext"]);
});

Deno.test("LineEditor keeps one row, the cursor in it, and all above it, whatever is typed", () => {
  const action = fc.oneof(
    fc.constantFrom(LEFT, "\x1b[C", "\x01", "\x05", "\x7f", "\x1b[3~", "\x17", "\x0b", UP, DOWN),
    fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replace(/\p{C}/gu, "")),
    fc.constantFrom("日本語", "👩‍🚀👍🏽", "e\u0301", "\u202eabc", "\x1b[200~a\nb\tc\x1b[201~"),
    fc.string({ minLength: 1, maxLength: 10 }).map((text) => ({
      above: text.replace(/[^ -~]/g, "x").trim(),
    })),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.integer({ min: 12, max: 30 }), (actions, columns) => {
      const { editor, screen, type } = openEditor(columns);
      const above: string[] = [];
      for (const step of actions) {
        if (typeof step === "string") assert.deepEqual(type(step), []);
        else {
          above.push(step.above);
          editor.printAbove(step.above);
        }
        assert.deepEqual(screen.rows.slice(0, -1), above);
        assert.match(screen.rows.at(-1)! + " ", /^bob> /);
        assert(textWidth(screen.beforeCursor) < columns);
      }
    }),
  );
});

Deno.test("LineEditor draws a pasted book as fast as a word", () => {
  const { editor } = openEditor();
  editor.press({ text: "x".repeat(500_000) });
  const start = performance.now();
  for (let i = 0; i < 20; i++) editor.press({ key: "left" });
  assert(performance.now() - start < 500);
});
