import assert from "node:assert/strict";
import { decodeUtf8, encodeUtf8, parsePem } from "../../lib/bytes/mod.ts";
import { Conversations } from "../../lib/client/conversations.ts";
import { readRatchet } from "../../lib/client/ratchets.ts";
import { readCredential } from "../../lib/client/trust.ts";
import { ed25519SeedFromPkcs8, systemRandom } from "../../lib/crypto/mod.ts";
import {
  createCommit,
  createGroup,
  generateKeyPackage,
  GroupEpoch,
  type GroupSnapshot,
  joinGroup,
  type MlsContext,
  openMessage,
  openMlsContext,
  ratchetOf,
  sealMessage,
} from "../../lib/mls/mod.ts";
import { parseCertificates } from "../../lib/pki/mod.ts";
import { CellCipher, ClientStore } from "../../lib/store/mod.ts";
import type { ClientConnection } from "../../lib/transport/mod.ts";
import { makeTestCa, type TestCa } from "../support/certificates.ts";

const mailbox = "direct:alice,bob";
const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };

async function member(ca: TestCa, user: string, device: string): Promise<MlsContext> {
  const { keyPem, certificatesPem } = await ca.device(user, device);
  const certificates = parseCertificates(certificatesPem);
  return await openMlsContext({
    random: systemRandom,
    identity: {
      certificates,
      signaturePublicKey: (await readCredential(certificates)).publicKey,
      signaturePrivateKey: ed25519SeedFromPkcs8(parsePem(keyPem)[0]!.bytes),
    },
    checkCredential: readCredential,
    readCredential,
  });
}

/** Seals a text as another process of the identity would, with the ratchet that stands in the store. */
function sealFrom(store: ClientStore, mls: MlsContext, text: string): Promise<Uint8Array> {
  return store.transaction(async () => {
    const epoch = GroupEpoch.decode(store.groups.epoch(mailbox)!);
    const ratchet = readRatchet(store, epoch, epoch.ownLeaf);
    const sealed = await sealMessage(mls, epoch, ratchet, encodeUtf8(text), encodeUtf8(text));
    store.groups.setRatchet(mailbox, epoch.ownLeaf, sealed.ratchet);
    return sealed.message;
  });
}

async function open(mls: MlsContext, group: GroupSnapshot, message: Uint8Array): Promise<string> {
  const opened = await openMessage(mls, group.epoch, (leaf) => {
    const { signatureKey } = group.members.find((one) => one.leaf === leaf)!;
    return { signatureKey, ratchet: ratchetOf(group, leaf) };
  }, message);
  group.ratchets.set(opened.leaf, opened.ratchet);
  return decodeUtf8(opened.plaintext);
}

// Cause: a commit was made from rows read before its transaction, and so wrote the own message ratchet back to
// where it had stood before another process sealed a message with it.
Deno.test("ready() leaves the message ratchet where another process moved it while a commit was prepared", async () => {
  const ca = await makeTestCa();
  const [alice, bob, second] = [
    await member(ca, "alice", "one"),
    await member(ca, "bob", "one"),
    await member(ca, "bob", "two"),
  ];
  const bobsPackage = await generateKeyPackage(bob, validity);
  const created = await createGroup(alice, mailbox, validity);
  const { pending, welcome } = await createCommit(alice, created, { add: [bobsPackage.message] });
  const atBob = await joinGroup(bob, welcome!, bobsPackage.message, bobsPackage.privateKeys);

  const folder = await Deno.makeTempDir();
  const cipher = new CellCipher(systemRandom(32), systemRandom);
  const store = ClientStore.open(folder, { cipher, holder: "test" });
  await store.transaction(() => {
    const { number } = pending.epoch;
    store.groups.replace(mailbox, { ...pending, number, epoch: pending.epoch.encode() }, 1);
    store.mailboxes.advance(mailbox, 1);
  });

  const sealed: Uint8Array[] = [];
  const request = async (op: string) => {
    if (op === "take-key-packages") {
      sealed.push(await sealFrom(store, alice, "while key packages were fetched"));
      const { message } = await generateKeyPackage(second, validity);
      return { packages: [{ device: { user: "bob", device: "two" }, keyPackage: message }] };
    }
    sealed.push(await sealFrom(store, alice, "before the relay answered"));
    return { seq: 2, time: 0 };
  };
  const connection = { request } as unknown as ClientConnection;
  const conversations = new Conversations({
    ...{
      store,
      mls: alice,
      self: { user: "alice", device: "one" },
      random: systemRandom,
      clock: () => new Date(),
    },
    names: { greet: () => {} },
    onRejoined: () => {},
  });
  const devices = ["alice/one", "bob/one", "bob/two"].map((name) => {
    const [user, device] = name.split("/");
    return { user: user!, device: device! };
  });
  const catchUp = () => assert.fail("the commit is the next entry");
  await conversations.ready(mailbox, { connection, catchUp }, { devices });

  assert.equal(store.groups.epochNumber(mailbox), 2);
  assert.equal(await open(bob, atBob, sealed[0]!), "while key packages were fetched");
  assert.equal(await open(bob, atBob, sealed[1]!), "before the relay answered");
  await store.close();
  await Deno.remove(folder, { recursive: true });
});
