import assert from "node:assert/strict";
import fc from "fast-check";
import { deviceMailbox, directMailbox, directUsers, formatDeviceRef } from "../../lib/wire/mod.ts";
import { decodeRequest, encodeRequest } from "../../lib/wire/mod.ts";

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/);

Deno.test("directMailbox() names one mailbox for two users in either order, and directUsers() reads it", () => {
  fc.assert(fc.property(name, name, (a, b) => {
    assert.equal(directMailbox(a, b), directMailbox(b, a));
    assert.deepEqual(directUsers(directMailbox(a, b)), a < b ? [a, b] : [b, a]);
  }));
  assert.equal(directUsers("group:00000000000000000000000000000000"), undefined);
  assert.equal(directUsers("device:alice/laptop"), undefined);
});

Deno.test("deviceMailbox() and formatDeviceRef() name a device", () => {
  const ref = { user: "alice", device: "laptop" };
  assert.equal(deviceMailbox(ref), "device:alice/laptop");
  assert.equal(formatDeviceRef(ref), "alice/laptop");
});

const badMailboxes = [
  "",
  "device:alice",
  "device:../../etc/passwd",
  "device:alice/laptop\n",
  "device:Alice/laptop",
  "device:alice/",
  "direct:alice",
  "direct:alice,bob,carol",
  "direct:bob,alice",
  `direct:${"a".repeat(33)},b`,
  "group:0123",
  "group:0123456789ABCDEF0123456789ABCDEF",
  "other:alice/laptop",
];
for (const mailbox of badMailboxes) {
  Deno.test(`decodeRequest() refuses the mailbox ${JSON.stringify(mailbox)}`, () => {
    const body = encodeRequest("ack", { mailbox, seq: 1 });
    assert.throws(() => decodeRequest(body), { code: "message-malformed" });
  });
}
