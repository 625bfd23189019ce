import assert from "node:assert/strict";
import {
  type CiphersuiteImpl,
  type ClientState,
  createApplicationMessage,
  createCommit,
  createGroup,
  type CryptoProvider,
  decodeMlsMessage,
  defaultCapabilities,
  defaultCryptoProvider,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  joinGroup,
  type KeyPackage,
  mlsExporter,
  type MLSMessage,
  type PrivateKeyPackage,
  processMessage,
  type Proposal,
} from "ts-mls";
import { decodeUtf8, encodeUtf8 } from "../../lib/bytes/mod.ts";
import {
  defaultSuite,
  interoperableSuite,
  type SupportedSuite,
  webCryptoProvider,
} from "../../lib/mls/provider.ts";

/** A member of a group with a provider of its own. Messages pass between members as bytes only. */
class Member {
  #state: ClientState | undefined;

  constructor(
    readonly suite: CiphersuiteImpl,
    readonly keyPackage: KeyPackage,
    readonly privateKeys: PrivateKeyPackage,
  ) {}

  static async create(provider: CryptoProvider, name: SupportedSuite, user: string): Promise<Member> {
    const suite = await provider.getCiphersuiteImpl(getCiphersuiteFromName(name));
    const credential = { credentialType: "basic" as const, identity: encodeUtf8(user) };
    const { publicPackage, privatePackage } = await generateKeyPackage(
      credential,
      defaultCapabilities(),
      defaultLifetime,
      [],
      suite,
    );
    return new Member(suite, publicPackage, privatePackage);
  }

  get state(): ClientState {
    assert.ok(this.#state);
    return this.#state;
  }

  async createGroup(): Promise<void> {
    const groupId = encodeUtf8("group");
    this.#state = await createGroup(groupId, this.keyPackage, this.privateKeys, [], this.suite);
  }

  async commit(proposals: Proposal[] = []): Promise<{ commit: Uint8Array; welcome: Uint8Array | undefined }> {
    const result = await createCommit({ state: this.state, cipherSuite: this.suite }, {
      extraProposals: proposals,
      ratchetTreeExtension: true,
    });
    this.#state = result.newState;
    const welcome = result.welcome === undefined ? undefined : encodeMlsMessage({
      version: "mls10",
      wireformat: "mls_welcome",
      welcome: result.welcome,
    });
    return { commit: encodeMlsMessage(result.commit), welcome };
  }

  async join(bytes: Uint8Array): Promise<void> {
    const message = decode(bytes);
    assert.ok(message.wireformat === "mls_welcome");
    this.#state = await joinGroup(
      message.welcome,
      this.keyPackage,
      this.privateKeys,
      emptyPskIndex,
      this.suite,
    );
  }

  async send(text: string): Promise<Uint8Array> {
    const result = await createApplicationMessage(this.state, encodeUtf8(text), this.suite);
    this.#state = result.newState;
    const { privateMessage } = result;
    return encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage });
  }

  /** Returns the text of an application message. */
  async receive(bytes: Uint8Array): Promise<string | undefined> {
    const message = decode(bytes);
    assert.ok(message.wireformat === "mls_private_message");
    const result = await processMessage(message, this.state, emptyPskIndex, () => "accept", this.suite);
    this.#state = result.newState;
    return result.kind === "applicationMessage" ? decodeUtf8(result.message) : undefined;
  }

  exporterSecret(): Promise<Uint8Array> {
    const { exporterSecret } = this.state.keySchedule;
    return mlsExporter(exporterSecret, "test", encodeUtf8("context"), 32, this.suite);
  }
}

function decode(bytes: Uint8Array): MLSMessage {
  const decoded = decodeMlsMessage(bytes, 0);
  assert.ok(decoded);
  assert.equal(decoded[1], bytes.length);
  return decoded[0];
}

async function assertAgree(...members: Member[]): Promise<void> {
  const first = members[0]!;
  const secret = await first.exporterSecret();
  for (const member of members.slice(1)) {
    assert.equal(member.state.groupContext.epoch, first.state.groupContext.epoch);
    assert.deepEqual(await member.exporterSecret(), secret);
    assert.deepEqual(member.state.keySchedule.epochAuthenticator, first.state.keySchedule.epochAuthenticator);
  }
}

const suites: SupportedSuite[] = [defaultSuite, interoperableSuite];
const directions = [
  ["our provider invites ts-mls' own", webCryptoProvider, defaultCryptoProvider],
  ["ts-mls' own provider invites ours", defaultCryptoProvider, webCryptoProvider],
] as const;

for (const name of suites) {
  for (const [title, inviting, joining] of directions) {
    Deno.test(`${name}: ${title}`, async () => {
      const alice = await Member.create(inviting, name, "alice");
      const bob = await Member.create(joining, name, "bob");
      await alice.createGroup();
      const { welcome } = await alice.commit([addOf(bob)]);
      assert.ok(welcome);
      await bob.join(welcome);
      await assertAgree(alice, bob);

      assert.equal(await bob.receive(await alice.send("to bob")), "to bob");
      assert.equal(await alice.receive(await bob.send("to alice")), "to alice");

      await alice.receive((await bob.commit()).commit);
      await assertAgree(alice, bob);
      await bob.receive((await alice.commit()).commit);
      await assertAgree(alice, bob);
      assert.equal(await bob.receive(await alice.send("after both updates")), "after both updates");
    });
  }

  Deno.test(`${name}: members of both providers add and remove in a group of four`, async () => {
    const alice = await Member.create(webCryptoProvider, name, "alice");
    const bob = await Member.create(defaultCryptoProvider, name, "bob");
    const carol = await Member.create(webCryptoProvider, name, "carol");
    const dave = await Member.create(defaultCryptoProvider, name, "dave");
    await alice.createGroup();
    const first = await alice.commit([addOf(bob), addOf(carol)]);
    await bob.join(first.welcome!);
    await carol.join(first.welcome!);
    const second = await bob.commit([addOf(dave)]);
    await alice.receive(second.commit);
    await carol.receive(second.commit);
    await dave.join(second.welcome!);
    await assertAgree(alice, bob, carol, dave);

    const removal = await dave.commit([{ proposalType: "remove", remove: { removed: 1 } }]);
    await alice.receive(removal.commit);
    await carol.receive(removal.commit);
    await assertAgree(dave, alice, carol);
    const sent = await carol.send("without bob");
    assert.equal(await alice.receive(sent), "without bob");
    assert.equal(await dave.receive(sent), "without bob");
    await assert.rejects(bob.receive(sent));
  });
}

function addOf(member: Member): Proposal {
  return { proposalType: "add", add: { keyPackage: member.keyPackage } };
}
