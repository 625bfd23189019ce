import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type BodyContent,
  type Content,
  decodeContent,
  decodeMimiContent,
  deriveMessageId,
  describeContent,
  encodeControl,
  encodeDelete,
  encodeEdit,
  encodeFiles,
  encodeMimiContent,
  encodeReaction,
  encodeStatusReport,
  encodeText,
  encodeUnlike,
  expireAfter,
  expireAt,
  expiryMs,
  type FileReference,
  formatRoomUri,
  formatSenderUri,
  isPlausibleExpiration,
  type MessageStatus,
  type NestedPart,
  summarise,
} from "../../../lib/client/content/mod.ts";
import { encodeCbor, encodeHex, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import { SecretBytes, systemRandom as random } from "../../../lib/crypto/mod.ts";
import { messageId, mimiContent } from "./content_values.ts";

const id = (fill: number) => new Uint8Array(32).fill(fill).with(0, 1);
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 2_000 });

function file(fields: Partial<FileReference> = {}): FileReference {
  return {
    name: "report.pdf",
    description: "",
    contentType: "application/pdf",
    url: "parley:blob/1",
    expires: 0,
    size: 1_000,
    encAlg: 0x8001,
    key: new SecretBytes(new Uint8Array(32).fill(9)),
    nonce: new Uint8Array(12),
    aad: new Uint8Array(),
    hashAlg: 1,
    hash: new Uint8Array(32),
    ...fields,
  };
}

/** A message with this body that answers another one. */
function read(nestedPart: NestedPart, inReplyTo: Uint8Array | null = id(2)): Content {
  const fields = { salt: new Uint8Array(16), replaces: null, topicId: new Uint8Array(), expires: null };
  return summarise({ ...fields, inReplyTo, extensions: [], nestedPart });
}

function single(contentType: string, content: string, disposition = 1): NestedPart {
  return { cardinality: "single", disposition, language: "", contentType, content: encodeUtf8(content) };
}

function multi(partSemantics: "chooseOne" | "singleUnit" | "processAll", ...parts: NestedPart[]): NestedPart {
  return { cardinality: "multi", disposition: 1, language: "", partSemantics, parts };
}

const PLAIN = "text/plain;charset=utf-8";

Deno.test("decodeContent() returns every text that encodeText() took", () => {
  fc.assert(fc.property(text, fc.constantFrom("plain" as const, "markdown" as const), (text, format) => {
    assert.deepEqual(decodeContent(encodeText(text, random, { format })), { kind: "text", text, format });
  }));
});

Deno.test("encodeText() follows the layout of draft-ietf-mimi-content", () => {
  const salt = new Uint8Array(16).fill(7);
  const part = [1, "", 1, PLAIN, encodeUtf8("hi")];
  const plain = encodeCbor([salt, null, new Uint8Array(), null, null, {}, part]);
  assert.deepEqual(encodeText("hi", () => salt), plain);
  const options = { inReplyTo: id(5), expires: expireAfter(60), topicId: Uint8Array.of(1) };
  const reply = encodeCbor([salt, null, Uint8Array.of(1), [true, 60], id(5), {}, part]);
  assert.deepEqual(encodeText("hi", () => salt, options), reply);
});

Deno.test("encodeText() refuses nothing and too much", () => {
  assert.throws(() => encodeText("", random), { code: "text-empty" });
  assert.throws(() => encodeText("é".repeat(24_577), random), { code: "text-too-long" });
  assert.equal(decodeContent(encodeText("é".repeat(24_576), random)).kind, "text");
});

Deno.test("decodeContent() returns edit, deletion, reaction and what takes it back with their references", () => {
  fc.assert(fc.property(messageId, messageId, text, (first, second, text) => {
    const inner = { kind: "text", text, format: "plain", inReplyTo: second } as const;
    const edit = encodeEdit(first, text, random, { inReplyTo: second });
    assert.deepEqual(decodeContent(edit), { kind: "edit", replaces: first, content: inner });
    const deletion = decodeContent(encodeDelete(first, random));
    assert.deepEqual(deletion, { kind: "delete", replaces: first, isReaction: false });
    const reaction = decodeContent(encodeReaction(first, "👩🏽‍⚕️", random));
    assert.deepEqual(reaction, { kind: "reaction", reactions: ["👩🏽‍⚕️"], inReplyTo: first });
    const unlike = decodeContent(encodeUnlike(second, first, random));
    assert.deepEqual(unlike, { kind: "delete", replaces: second, inReplyTo: first, isReaction: true });
  }));
});

Deno.test("encodeReaction() refuses nothing, lines and long text", () => {
  for (const reaction of ["", "a\nb", "\x1b[2J", "x".repeat(65)]) {
    assert.throws(() => encodeReaction(id(1), reaction, random), { code: "reaction-malformed" });
  }
});

Deno.test("decodeContent() returns files with keys, and names as they were given", () => {
  const names = ["a.txt", "../../etc/passwd", "\x1b]0;x\x07", ""];
  const broken = decodeContent(encodeFiles([file({ name: "\ud800.txt" })], random));
  assert(broken.kind === "files" && broken.files[0]!.name === "\ufffd.txt");
  const expires = expireAfter(10);
  const files = names.map((name, i) => file({ name, key: new SecretBytes(new Uint8Array(32).fill(i)) }));
  const content = decodeContent(encodeFiles(files, random, { caption: "see", expires }));
  assert(content.kind === "files");
  assert.equal(content.caption, "see");
  assert.deepEqual(content.expires, expires);
  assert.deepEqual(content.files.map(({ name }) => name), names);
  assert.deepEqual(content.files.map(({ key }) => key.expose()[0]), [0, 1, 2, 3]);
  const { key: _, ...fields } = content.files[0]!;
  const { key: _k, ...sent } = files[0]!;
  assert.deepEqual(fields, sent);
});

Deno.test("encodeFiles() makes one part of one file, and a caption and a file two", () => {
  const partOf = (bytes: Uint8Array) => decodeMimiContent(bytes).nestedPart;
  assert.equal(partOf(encodeFiles([file()], random)).cardinality, "external");
  const two = partOf(encodeFiles([file()], random, { caption: "c" }));
  assert(two.cardinality === "multi" && two.partSemantics === "processAll" && two.parts.length === 2);
});

Deno.test("a file's key is shown by no inspection, and wiping it leaves the message as it is", () => {
  const bytes = encodeFiles([file()], random);
  const content = decodeContent(bytes);
  assert(content.kind === "files");
  for (const one of [content, decodeMimiContent(bytes)]) {
    for (const shown of [Deno.inspect(one, { depth: 9 }), JSON.stringify(one)]) {
      assert(shown.includes("[secret]") && !shown.includes("9, 9") && !shown.includes('"0":9'), shown);
    }
  }
  content.files[0]!.key.wipe();
  const again = decodeContent(bytes);
  assert(again.kind === "files");
  assert.deepEqual(again.files[0]!.key.expose(), new Uint8Array(32).fill(9));
});

Deno.test("encodeFiles() refuses none, too many, and names and captions that are too long", () => {
  const many = (count: number) => Array.from({ length: count }, () => file());
  assert.throws(() => encodeFiles([], random), { code: "files-out-of-bounds" });
  assert.throws(() => encodeFiles(many(101), random), { code: "files-out-of-bounds" });
  const hundred = decodeContent(encodeFiles(many(100), random));
  assert(hundred.kind === "files" && hundred.files.length === 100);
  const long = "é".repeat(513);
  assert.throws(() => encodeFiles([file({ name: long })], random), { code: "file-name-too-long" });
  const description = "d".repeat(4_097);
  assert.throws(() => encodeFiles([file({ description })], random), { code: "file-description-too-long" });
  assert.throws(() => encodeFiles([file()], random, { caption: "x".repeat(50_000) }), {
    code: "text-too-long",
  });
  const full = many(100).map((one) => ({ ...one, name: "n".repeat(1_000) }));
  assert.throws(() => encodeFiles(full, random), { code: "content-too-long" });
});

Deno.test("decodeContent() returns every report that encodeStatusReport() took", () => {
  const name = fc.constantFrom<MessageStatus["status"]>("unread", "delivered", "read", "expired", "error");
  const value = fc.oneof(name, fc.integer({ min: 7, max: 255 }));
  const status = fc.tuple(messageId, value).map(([messageId, status]) => ({ messageId, status }));
  fc.assert(fc.property(fc.array(status, { minLength: 1, maxLength: 50 }), (statuses) => {
    assert.deepEqual(decodeContent(encodeStatusReport(statuses, random)), { kind: "status", statuses });
  }));
});

Deno.test("encodeStatusReport() takes a thousand messages, and neither none nor more", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (): MessageStatus => ({ messageId: id(1), status: 255 }));
  const content = decodeContent(encodeStatusReport(many(1_000), random));
  assert(content.kind === "status" && content.statuses.length === 1_000);
  const short = { messageId: new Uint8Array(31).fill(1), status: "read" } as const;
  assert.throws(() => encodeStatusReport([short], random), { code: "internal" });
  assert.throws(() => encodeStatusReport([], random), { code: "statuses-out-of-bounds" });
  assert.throws(() => encodeStatusReport(many(1_001), random), { code: "statuses-out-of-bounds" });
});

Deno.test("decodeContent() refuses a report that is malformed or too long", () => {
  const status = (content: unknown) =>
    read({
      ...single("application/mimi-message-status", "", 0) as NestedPart & { cardinality: "single" },
      content: encodeCbor(content as never),
    });
  assert.deepEqual(status([]), { kind: "status", statuses: [] });
  const wrong = [null, [[id(1)]], [[id(1), 256]], [[id(1), "read"]], [[null, 1]], [[new Uint8Array(31), 1]]];
  for (const content of wrong) assert.throws(() => status(content), { code: "content-malformed" });
  const long = Array.from({ length: 1_001 }, () => [id(1), 1]);
  assert.throws(() => status(long), { code: "content-malformed" });
});

Deno.test("decodeContent() returns the control content that encodeControl() took", () => {
  const body = { name: "team", list: [1, null, Uint8Array.of(1)], deep: { er: true } };
  const content = decodeContent(encodeControl("group-name", body, random));
  assert.deepEqual(content, { kind: "control", type: "group-name", body });
  for (const type of ["", "A", "a b", "-a", "a/", "a".repeat(65), "a+cbor;x"]) {
    assert.throws(() => encodeControl(type, null, random), { code: "control-type-malformed" });
  }
  assert.throws(() => read(single("application/vnd.parley.x+cbor", "\xff")), { name: "DecodeError" });
  assert.equal(read(single("application/vnd.parley.X Y+cbor", "")).kind, "other");
});

const PNG = { contentType: "image/png", disposition: 1, description: "" };

const bodies: [string, NestedPart, Partial<BodyContent>][] = [
  ["text without parameters", single("text/plain", "a"), { kind: "text", text: "a" }],
  ["text in another spelling", single('Text/Plain; Charset="UTF-8"', "a"), { kind: "text", text: "a" }],
  ["Markdown of another variant", single("text/markdown;variant=CommonMark", "a"), { format: "markdown" }],
  ["an unknown disposition as a text", single(PLAIN, "a", 200), { kind: "text", text: "a" }],
  ["an empty text", single(PLAIN, ""), { kind: "text", text: "" }],
  ["another character set", single("text/plain;charset=utf-16", "a"), {
    kind: "other",
    unknown: [{ contentType: "text/plain;charset=utf-16", disposition: 1, description: "" }],
  }],
  ["a text to be downloaded", single(PLAIN, "a", 6), {
    kind: "other",
    unknown: [{ contentType: PLAIN, disposition: 6, description: "" }],
  }],
  ["a picture", single("image/png", "x"), { kind: "other", unknown: [PNG] }],
  ["nothing at all", { cardinality: "null", disposition: 1, language: "" }, { kind: "other", unknown: [] }],
  ["a long reaction as a text", single(PLAIN, "x".repeat(65), 2), { kind: "text", text: "x".repeat(65) }],
  ["several reactions", multi("processAll", single(PLAIN, "👍", 2), single(PLAIN, "🎉", 2)), {
    kind: "reaction",
    reactions: ["👍", "🎉"],
  }],
  ["text and picture", multi("processAll", single(PLAIN, "a"), single("image/png", "x")), {
    kind: "text",
    text: "a",
    unknown: [PNG],
  }],
  ["a unit with a picture", multi("singleUnit", single(PLAIN, "a"), single("image/png", "x")), {
    kind: "other",
    unknown: [PNG],
  }],
  ["a unit of texts", multi("singleUnit", single(PLAIN, "a"), single(PLAIN, "b")), { text: "a\nb" }],
  ["the alternative that is understood", multi("chooseOne", single("image/png", "x"), single(PLAIN, "a")), {
    kind: "text",
    text: "a",
  }],
  [
    "the alternative that is understood entirely",
    multi("chooseOne", multi("processAll", single(PLAIN, "a"), single("image/png", "x")), single(PLAIN, "b")),
    { kind: "text", text: "b" },
  ],
  [
    "the alternative of which something is understood",
    multi(
      "chooseOne",
      single("image/png", "x"),
      multi("processAll", single(PLAIN, "a"), single("image/png", "x")),
    ),
    { kind: "text", text: "a", unknown: [PNG] },
  ],
  ["no alternative", multi("chooseOne", single("image/png", "x"), single("image/gif", "x")), {
    kind: "other",
    unknown: [PNG],
  }],
];

for (const [title, part, expected] of bodies) {
  Deno.test(`summarise() understands ${title}`, () => {
    const content = read(part) as BodyContent;
    assert.deepEqual(content.inReplyTo, id(2));
    assert.deepEqual(Object.entries(expected).map(([name]) => [name, content[name as keyof BodyContent]]), [
      ...Object.entries(expected),
    ]);
    assert.equal(content.unknown === undefined, !("unknown" in expected) || expected.kind === undefined);
  });
}

Deno.test("summarise() takes a reaction to nothing for a text", () => {
  assert.deepEqual(read(single(PLAIN, "👍", 2), null), { kind: "text", text: "👍", format: "plain" });
});

Deno.test("summarise() and describeContent() answer every message, or throw a decode error", () => {
  fc.assert(fc.property(mimiContent, (content) => {
    const summary = summarise(decodeMimiContent(encodeMimiContent(content)));
    assert(describeContent(summary).length > 0);
    assert.equal(summary.kind === "edit" || summary.kind === "delete", content.replaces !== null);
  }));
});

Deno.test("describeContent() says in a few words what a message is", () => {
  const describe = (bytes: Uint8Array) => describeContent(decodeContent(bytes));
  assert.equal(describe(encodeText("hello", random)), "hello");
  assert.equal(describe(encodeEdit(id(1), "hello", random)), "[edited] hello");
  assert.equal(describe(encodeDelete(id(1), random)), "[a message was deleted]");
  assert.equal(describe(encodeUnlike(id(1), id(2), random)), "[a reaction was taken back]");
  assert.equal(describe(encodeReaction(id(1), "👍", random)), "[reaction 👍]");
  assert.equal(describe(encodeFiles([file()], random, { caption: "see" })), "[file report.pdf] see");
  assert.equal(
    describe(encodeStatusReport([{ messageId: id(1), status: "read" }], random)),
    "[status of 1 messages]",
  );
  assert.equal(describe(encodeControl("sync", null, random)), "[sync]");
  const mixed = read(multi("processAll", single(PLAIN, "a"), single("image/png", "x")));
  assert.equal(describeContent(mixed), "a [content of type image/png]");
});

Deno.test("deriveMessageId() depends on content, sender and room, and not on where one ends", () => {
  const content = encodeText("hello", random);
  const derive = (sender: string, room: string, bytes = content) =>
    encodeHex(deriveMessageId(bytes, sender, room));
  const sender = formatSenderUri({ user: "alice", device: "laptop" });
  const room = formatRoomUri("direct:alice,bob");
  assert.deepEqual([sender, room], ["parley:alice/laptop", "parley:direct:alice,bob"]);
  const first = derive(sender, room);
  assert.match(first, /^01[0-9a-f]{62}$/);
  assert.equal(derive(sender, room), first);
  const others = [
    derive("parley:alice/phone", room),
    derive(sender, "parley:direct:alice,carol"),
    derive(sender.slice(0, -1), sender.at(-1)! + room),
    derive(sender, room, encodeText("hello", random)),
  ];
  assert.equal(new Set([first, ...others]).size, 5);
  for (
    const bytes of [new Uint8Array(), content.subarray(0, 17), content.with(0, 0x86), content.with(1, 0x4f)]
  ) {
    assert.throws(() => derive(sender, room, bytes), { code: "content-malformed" });
  }
});

Deno.test("expireAt() and expireAfter() say when a message vanishes", () => {
  const time = new Date("2027-01-02T03:04:05.678Z");
  assert.deepEqual(expireAt(time), { relative: false, time: 1_798_859_046 });
  assert.equal(expiryMs(expireAt(time), 5), 1_798_859_046_000);
  assert.equal(expiryMs(expireAfter(60), 5_000), 65_000);
  for (const bad of [new Date(-1), new Date(NaN), new Date("2107-01-01")]) {
    assert.throws(() => expireAt(bad), { code: "expiry-malformed" });
  }
  for (const bad of [0, -1, 1.5, NaN, 367 * 86_400]) {
    assert.throws(() => expireAfter(bad), { code: "expiry-malformed" });
  }
});

Deno.test("isPlausibleExpiration() refuses what lies more than a year away", () => {
  const now = Date.parse("2027-01-01T00:00:00Z");
  const at = (iso: string) => isPlausibleExpiration(expireAt(new Date(iso)), now);
  assert.deepEqual([at("2027-12-31"), at("2028-02-01"), at("2026-06-01"), at("2025-11-01")], [
    true,
    false,
    true,
    false,
  ]);
  assert(isPlausibleExpiration(expireAfter(86_400), now));
  assert(!isPlausibleExpiration({ relative: true, time: 0xffff_ffff }, now));
});
