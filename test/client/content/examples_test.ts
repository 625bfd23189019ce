import assert from "node:assert/strict";
import {
  type Content,
  decodeContent,
  decodeMimiContent,
  deriveMessageId,
  encodeMimiContent,
} from "../../../lib/client/content/mod.ts";
import { decodeStatuses, encodeStatuses } from "../../../lib/client/content/status_report.ts";
import { decodeHex, encodeHex } from "../../../lib/bytes/mod.ts";
import { loadVectors } from "../../vectors/load_vectors.ts";

interface Examples {
  messages: { name: string; senderUri: string; roomUri: string; content: string; messageId: string }[];
  statusReport: string;
}

const { messages, statusReport } = loadVectors<Examples>("mimi-content/examples.json");
const idOf = (name: string) => decodeHex(messages.find((one) => one.name === name)!.messageId);

/** What each example is, without keys and hashes. */
const expected: Record<string, (content: Content) => void> = {
  original: (content) => {
    assert.deepEqual(content, {
      kind: "text",
      format: "markdown",
      text: "Hi everyone, we just shipped release 2.0. __Good  work__!",
    });
  },
  reply: (content) => {
    const text = "Right on! _Congratulations_ 'all!";
    assert.deepEqual(content, { kind: "text", format: "markdown", text, inReplyTo: idOf("original") });
  },
  reaction: (content) => {
    assert.deepEqual(content, { kind: "reaction", reactions: ["\u2764"], inReplyTo: idOf("original") });
  },
  mention: (content) => assert.equal(content.kind, "text"),
  edit: (content) => {
    assert(content.kind === "edit" && content.content.kind === "text");
    assert.deepEqual(content.replaces, idOf("reply"));
    assert.equal(content.content.text, "Right on! _Congratulations_ y'all!");
  },
  delete: (content) => {
    const [replaces, inReplyTo] = [idOf("reply"), idOf("original")];
    assert.deepEqual(content, { kind: "delete", replaces, inReplyTo, isReaction: false });
  },
  unlike: (content) => {
    const [replaces, inReplyTo] = [idOf("reaction"), idOf("original")];
    assert.deepEqual(content, { kind: "delete", replaces, inReplyTo, isReaction: true });
  },
  expiring: (content) => {
    assert(content.kind === "text");
    assert.deepEqual(content.expires, { relative: false, time: 1_644_390_004 });
  },
  attachment: (content) => {
    assert(content.kind === "files" && content.files.length === 1);
    const { key, hash, nonce, ...file } = content.files[0]!;
    assert.equal(encodeHex(key.expose()), "21399320958a6f4c745dde670d95e0d8");
    assert.deepEqual([hash.length, nonce.length], [32, 12]);
    assert.deepEqual(file, {
      name: "bigfile.mp4",
      description: "2 hours of key signing video",
      contentType: "video/mp4",
      url: "https://example.com/storage/8ksB4bSrrRE.mp4",
      size: 708_234_961,
      expires: 0,
      encAlg: 1,
      aad: new Uint8Array(),
      hashAlg: 1,
    });
  },
  conferencing: (content) => {
    const unknown = [{ contentType: "", disposition: 7, description: "Join the Foo 118 conference" }];
    assert.deepEqual(content, { kind: "other", unknown, topicId: new TextEncoder().encode("Foo 118") });
  },
  "multipart-1": (content) => {
    assert.deepEqual(content, { kind: "text", format: "markdown", text: "# Welcome!" });
  },
  // Nothing says what the reactions are to: they are shown as a text.
  "multipart-2": (content) => assert(content.kind === "text" && content.text === "\u2764\n🥳\n🤞"),
  "multipart-3": (content) => {
    assert(content.kind === "other");
    assert.deepEqual(content.unknown.map(({ contentType }) => contentType), [
      "text/html;charset=utf-8",
      "image/gif",
    ]);
  },
};

Deno.test("the drafts have 13 messages with an id", () => {
  assert.deepEqual(messages.map(({ name }) => name), Object.keys(expected));
  assert.equal(messages.length, 13);
});

for (const { name, senderUri, roomUri, content, messageId } of messages) {
  Deno.test(`draft-ietf-mimi-content's example ${name} is understood, and encoded as it was`, () => {
    const bytes = decodeHex(content);
    expected[name]!(decodeContent(bytes));
    assert.equal(encodeHex(encodeMimiContent(decodeMimiContent(bytes))), content);
    assert.equal(encodeHex(deriveMessageId(bytes, senderUri, roomUri)), messageId);
  });
}

Deno.test("draft-mahy-mimi-message-status' example is understood, and encoded as it was", () => {
  const statuses = decodeStatuses(decodeHex(statusReport));
  assert.deepEqual(statuses, [
    { messageId: idOf("original"), status: "read" },
    { messageId: idOf("reply"), status: "read" },
    { messageId: idOf("mention"), status: "unread" },
    { messageId: idOf("expiring"), status: "expired" },
  ]);
  assert.equal(encodeHex(encodeStatuses(statuses)), statusReport);
});
