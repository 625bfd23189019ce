import assert from "node:assert/strict";
import { parseChatLine } from "../../../commands/connect/chat_line.ts";

Deno.test("parseChatLine() reads what is said about other messages, with and without an id", () => {
  const cases: [string, unknown][] = [
    ["/reply well said", { type: "reply", text: "well said" }],
    ["/reply #3fa9 well said", { type: "reply", id: "3fa9", text: "well said" }],
    ["/edit #3fa9 #hash", { type: "edit", id: "3fa9", text: "#hash" }],
    ["/edit #nothex", { type: "edit", text: "#nothex" }],
    ["/react 👍", { type: "react", text: "👍" }],
    ["/delete", { type: "delete" }],
    ["/delete #3fa9", { type: "delete", id: "3fa9" }],
  ];
  for (const [line, change] of cases) assert.deepEqual(parseChatLine(line), { type: "change", change }, line);
});

Deno.test("parseChatLine() explains what such a line lacks", () => {
  for (const line of ["/reply", "/reply #3fa9", "/react", "/edit ", "/delete that"]) {
    assert.equal(parseChatLine(line).type, "mistake", line);
  }
});
