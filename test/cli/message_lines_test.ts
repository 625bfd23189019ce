import assert from "node:assert/strict";
import { htmlFormat } from "../../commands/export/html.ts";
import { describeReactions, messageLine, messageRecord } from "../../commands/message_lines.ts";
import type { HistoryLine } from "../../lib/client/mod.ts";

const line: HistoryLine = {
  position: 1,
  type: "message",
  from: "bob",
  device: "one",
  conversation: "direct:alice,bob",
  id: "00112233445566778899aabbccddeeff",
  time: new Date(Date.UTC(2026, 0, 2, 12, 34)),
  text: "hello",
  outgoing: false,
};
const target = "ff112233445566778899aabbccddeeff";

Deno.test("messageLine() says in one line what each kind of line is", () => {
  const cases: [Partial<HistoryLine>, string][] = [
    [{}, "bob/one: hello"],
    [{ target }, "bob/one (answers ff112233): hello"],
    [{ editedAt: line.time }, "bob/one: hello (edited)"],
    [{ deleted: true, text: "" }, "bob/one: (deleted)"],
    [{ outgoing: true, from: "alice" }, "alice/one to bob: hello"],
    [{ type: "edit", target }, "bob/one edited ff112233: hello"],
    [
      { type: "edit", target, ignored: "the message is alice's" },
      "bob/one edited ff112233 (ignored: the message is alice's): hello",
    ],
    [{ type: "delete", target, text: "" }, "bob/one deleted ff112233"],
    [{ type: "delete", target, text: "", ofReaction: true }, "bob/one took back the reaction ff112233"],
    [{ type: "reaction", target, text: "👍" }, "bob/one reacted to ff112233: 👍"],
    [{ type: "expired", text: "" }, "bob/one: (a message whose time was up before it was fetched)"],
    [{ type: "undecryptable", text: "why\u001b[2J" }, "bob/one: (cannot be read: why␛[2J)"],
  ];
  for (const [change, said] of cases) {
    assert.equal(messageLine({ ...line, ...change }), `2026-01-02 12:34 ${said}`);
  }
});

Deno.test("messageLine() indents what follows a line feed, so that it cannot pose as somebody else's message", () => {
  const posing = "one\n2026-01-02 12:35 carol/one: two";
  const indented = "one\n                 2026-01-02 12:35 carol/one: two";
  const cases: [Partial<HistoryLine>, string][] = [
    [{}, "bob/one: "],
    [{ group: "team" }, "bob/one in team: "],
    [{ outgoing: true, from: "alice" }, "alice/one to bob: "],
    [{ type: "edit", target }, "bob/one edited ff112233: "],
  ];
  for (const [change, said] of cases) {
    assert.equal(messageLine({ ...line, ...change, text: posing }), `2026-01-02 12:34 ${said}${indented}`);
  }
  for (const change of [{ from: posing }, { device: posing }, { group: posing }]) {
    assert.doesNotMatch(messageLine({ ...line, ...change }), /\n/);
  }
});

Deno.test("messageRecord() has the fields of each kind and no empty ones", () => {
  const common = {
    from: "bob",
    device: "one",
    conversation: line.conversation,
    id: line.id,
    time: "2026-01-02T12:34:00.000Z",
  };
  const cases: [Partial<HistoryLine>, Record<string, unknown>][] = [
    [{}, { type: "message", text: "hello" }],
    [{ target, outgoing: true }, { type: "message", outgoing: true, text: "hello", replyTo: target }],
    [{ type: "edit", target }, { type: "edit", edits: target, text: "hello" }],
    [{ type: "delete", target, ignored: "no" }, { type: "delete", deletes: target, ignored: "no" }],
    [{ type: "reaction", target, reactions: ["👍"] }, {
      type: "reaction",
      reactsTo: target,
      reactions: ["👍"],
    }],
    [{ type: "expired" }, { type: "expired" }],
    [{ type: "undecryptable" }, { type: "undecryptable", reason: "hello" }],
    [{ expires: line.time }, { type: "message", text: "hello", expires: common.time }],
  ];
  for (const [change, fields] of cases) {
    assert.deepEqual(messageRecord({ ...line, ...change }), { ...common, ...fields });
  }
});

Deno.test("describeReactions() names who reacted", () => {
  const reactedWith = [{ reaction: "👍", users: ["bob", "carol"] }, { reaction: "🎉", users: ["bob"] }];
  assert.equal(describeReactions({ ...line, reactedWith }), " [👍 bob, carol; 🎉 bob]");
  assert.equal(describeReactions(line), "");
});

Deno.test("the HTML export escapes every field that somebody else can choose", () => {
  const hostile = `"><img src=x onerror=alert(1)>'&`;
  const page = htmlFormat.line({
    ...line,
    from: hostile,
    device: hostile,
    text: hostile,
    target: hostile,
    reactedWith: [{ reaction: hostile, users: [hostile] }],
  }) +
    htmlFormat.line({
      ...line,
      type: "edit",
      target: hostile,
      from: hostile,
      text: hostile,
      ignored: hostile,
    }) +
    htmlFormat.begin({ conversation: hostile, title: hostile, self: hostile, exportedAt: line.time });
  assert.equal(/<img|onerror=alert\(1\)>|'&/.test(page), false, page);
});
