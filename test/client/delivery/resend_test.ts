import assert from "node:assert/strict";
import { type CborValue, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import type { ClientCore } from "../../../lib/client/client_core.ts";
import { encodeControl, encodeDelete, encodeFiles, encodeText } from "../../../lib/client/content/mod.ts";
import { Controls } from "../../../lib/client/controls.ts";
import { Resend } from "../../../lib/client/delivery/resend.ts";
import { createXWing, SecretBytes, systemRandom as random } from "../../../lib/crypto/mod.ts";
import type { ClientStore } from "../../../lib/store/mod.ts";
import { ClientStoreFixture, conversation } from "../../support/client_store_fixture.ts";

/** Alice's device, in a group where bob's is a member since an entry. */
function answering(store: ClientStore, bobSince: number) {
  const answers: CborValue[] = [];
  const clock = () => new Date(0);
  const members = [{ user: "bob", device: "one", since: bobSince }];
  const self = { user: "alice", device: "one" };
  const controls = new Controls(store, self, random, clock);
  controls.enqueue = (_mailbox, type, body) => void answers.push(type, body);
  const seen = Object.create(store, { groups: { value: { members: () => members } } });
  new Resend({ store: seen, self, controls, random, clock } as Partial<ClientCore> as ClientCore);
  const ask = (body: CborValue) =>
    controls.take("resend-request", {
      mailbox: conversation,
      seq: 9,
      time: 0,
      from: { user: "bob", device: "one" },
      body,
    });
  return { ask, answers };
}

async function publicKey(): Promise<Uint8Array> {
  const kem = createXWing(random);
  return kem.exportPublicKey((await kem.generateKeyPair()).publicKey);
}

Deno.test("a member gets what this device sent since it came, and nothing from before or of others", async () => {
  await using test = await ClientStoreFixture.open();
  const before = await test.add("alice", encodeText("before", random));
  const after = await test.add("alice", encodeText("after", random));
  const others = await test.add("bob", encodeText("bob's own", random));
  const deleted = await test.add("alice", encodeText("deleted", random));
  await test.add("alice", encodeDelete(deleted.messageId, random));
  const { ask, answers } = answering(test.store, 2);
  await ask({ ids: [before.id, after.id, others.id, deleted.id, random(16)], key: await publicKey() });
  assert.deepEqual([answers.length, answers[0]], [2, "resend"]);
  const answer = answers[1] as { id: Uint8Array; to: unknown; ciphertext: Uint8Array };
  assert.deepEqual([answer.id, answer.to], [after.id, { user: "bob", device: "one" }]);
  assert.equal(new TextDecoder().decode(answer.ciphertext).includes("after"), false);
});

Deno.test("a message that is too long to be sent again is passed over, and the others with it are not", async () => {
  await using test = await ClientStoreFixture.open();
  const key = await publicKey();
  const long = await test.add("alice", contentOf(61_000));
  const fitting = await test.add("alice", contentOf(59_000));
  assert.equal(contentOf(61_000).length, 61_000);
  const { ask, answers } = answering(test.store, 0);
  await ask({ ids: [long.id, fitting.id], key });
  const answer = answers[1] as { id: Uint8Array };
  assert.deepEqual([answers.length, answer.id], [2, fitting.id]);
  // It fits into what carries it.
  encodeControl("resend", answer, random);
});

/** A message of exactly so many bytes: some files, and a caption as long as is needed. */
function contentOf(bytes: number): Uint8Array {
  const file = {
    url: "",
    expires: 0,
    size: 1,
    encAlg: 0,
    key: new SecretBytes(new Uint8Array()),
    hashAlg: 1,
  };
  const empty = { nonce: new Uint8Array(), aad: new Uint8Array(), hash: new Uint8Array(32) };
  const texts = { name: "x".repeat(150), description: "x".repeat(740), contentType: "x/y" };
  const files = Array(30).fill({ ...file, ...empty, ...texts });
  const encode = (caption: string) => encodeFiles(files, random, { caption });
  const around = encode("x".repeat(30_000)).length - 30_000;
  return encode("x".repeat(bytes - around));
}

Deno.test("requests that are not as they should be are refused", async () => {
  await using test = await ClientStoreFixture.open();
  const { id } = await test.add("alice", encodeText("x", random));
  const { ask, answers } = answering(test.store, 0);
  const key = await publicKey();
  for (
    const body of [null, {}, { ids: [], key }, { ids: [encodeUtf8("short")], key }, {
      ids: Array(101).fill(id),
      key,
    }]
  ) {
    await assert.rejects(ask(body), { code: "content-malformed" });
  }
  await assert.rejects(ask({ ids: [id], key: new Uint8Array(7) }), { kind: "decode" });
  assert.deepEqual(answers, []);
});
