/**
 * Measures groups of many devices: time and bytes to make a group, join, commit, send and receive, to enter from
 * outside, and what a member writes to its store for each: `deno run -A test/bench/groups.ts [SIZE…]`.
 * Certificates are stand-ins of the usual length (lib/bench/mls_stage.ts): checking chains is not measured.
 */
import { stageKeyPackage, stageMember } from "../../lib/bench/mls_stage.ts";
import { readRatchet } from "../../lib/client/ratchets.ts";
import { storeEpoch, toSnapshot } from "../../lib/client/group_state.ts";
import { encodeRoster } from "../../lib/client/groups/roster.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import {
  createCommit,
  createGroup,
  createGroupInfo,
  defaultSuite,
  encodePendingState,
  type GeneratedKeyPackage,
  type GroupSnapshot,
  joinExternal,
  joinGroup,
  type MlsContext,
  openMessage,
  processCommit,
  sealMessage,
} from "../../lib/mls/mod.ts";
import { CellCipher, ClientStore } from "../../lib/store/mod.ts";

const mailbox = "group:00112233445566778899aabbccddeeff";
const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 3_600_000) };
const text = new Uint8Array(1024);
const nothing = new Uint8Array(16);

/** A member with its state in memory and in a store. */
interface Seat {
  context: MlsContext;
  group: GroupSnapshot;
  store: ClientStore;
  folder: string;
}

if (import.meta.main) {
  const sizes = Deno.args.length > 0 ? Deno.args.map(Number) : [10, 100, 1_000];
  for (const size of sizes) await measure(size);
}

async function measure(size: number): Promise<void> {
  console.log(`\n${size} devices, ${defaultSuite}`);
  const names = Array.from({ length: size }, (_, i) => `user${i}`);
  const contexts: MlsContext[] = [];
  for (const name of names) contexts.push(await stageMember(name, defaultSuite));
  const packages: GeneratedKeyPackage[] = [];
  for (const context of contexts.slice(1)) packages.push(await stageKeyPackage(context));
  const roster = encodeRoster({ users: names, admins: ["user0"], leaving: [] });
  const founded = await createGroup(contexts[0]!, mailbox, validity, roster);
  const made = await timed(
    "make the group (one commit)",
    () => createCommit(contexts[0]!, founded, { add: packages.map(({ message }) => message), refresh: true }),
  );
  bytes("  commit", made.commit), bytes("  welcome", made.welcome!);
  const joined = await timed(
    "join by the welcome",
    () => joinGroup(contexts[1]!, made.welcome!, packages[0]!.message, packages[0]!.privateKeys),
  );
  const alice = await seat(contexts[0]!, made.pending), bob = await seat(contexts[1]!, joined);
  try {
    await measureStored(alice, bob);
    await measureCommits(alice, bob);
  } finally {
    for (const { store, folder } of [alice, bob]) {
      await store.close();
      await Deno.remove(folder, { recursive: true });
    }
  }
}

async function measureStored(alice: Seat, bob: Seat): Promise<void> {
  const send = async () => {
    const { groups } = alice.store;
    return await alice.store.transaction(async () => {
      const ratchet = readRatchet(alice.store, alice.group.epoch, alice.group.epoch.ownLeaf);
      const sealed = await sealMessage(alice.context, alice.group.epoch, ratchet, text, nothing);
      groups.setRatchet(mailbox, alice.group.epoch.ownLeaf, sealed.ratchet);
      return sealed.message;
    });
  };
  const receive = (message: Uint8Array) =>
    bob.store.transaction(async () => {
      const { groups } = bob.store;
      const lookup = (leaf: number) => ({
        signatureKey: groups.member(mailbox, leaf)!.signatureKey,
        ratchet: readRatchet(bob.store, bob.group.epoch, leaf),
      });
      const opened = await openMessage(bob.context, bob.group.epoch, lookup, message);
      groups.setRatchet(mailbox, opened.leaf, opened.ratchet);
    });
  const message = await timed("send the first message of an epoch (1 KB)", () => written(alice, send));
  bytes("  message", message);
  await timed("receive it", () => written(bob, () => receive(message)));
  const next = await timed("send another one", () => written(alice, send));
  await timed("receive it", () => written(bob, () => receive(next)));
}

async function measureCommits(alice: Seat, bob: Seat): Promise<void> {
  const newcomer = await stageMember("user0", defaultSuite);
  const { message } = await stageKeyPackage(newcomer);
  const added = await timed(
    "commit that adds one",
    () => createCommit(alice.context, alice.group, { add: [message] }),
  );
  bytes("  commit", added.commit), bytes("  welcome", added.welcome!);
  await advance(alice, bob, added);
  const first = await timed(
    "refresh of a member that has sent nothing yet",
    () => createCommit(bob.context, bob.group, {}),
  );
  bytes("  commit", first.commit);
  await advance(bob, alice, first);
  const again = await timed("refresh again", () => createCommit(bob.context, bob.group, {}));
  bytes("  commit", again.commit);
  await advance(bob, alice, again);
  const groupInfo = await timed("group info", () => createGroupInfo(alice.context, alice.group));
  bytes("  group info", groupInfo);
  const external = await timed(
    "enter from outside",
    () => joinExternal(bob.context, groupInfo, mailbox, validity),
  );
  bytes("  commit", external.commit);
  const processed = await timed(
    "  let somebody enter",
    () => processCommit(alice.context, alice.group, external.commit),
  );
  console.log(`  ${processed.next!.members.length} members`);
}

/** Lets both members enter the epoch after a commit, and stores it. */
async function advance(
  author: Seat,
  other: Seat,
  { commit, pending }: { commit: Uint8Array; pending: GroupSnapshot },
): Promise<void> {
  const state = await timed("  encode the state after it", () => encodePendingState(pending));
  bytes("  state", state);
  author.group = pending;
  await timed(
    "  store it",
    () => written(author, () => author.store.transaction(() => storeEpoch(author.store, pending, 2))),
  );
  const rows = await timed("  load the present state", () => toSnapshot(other.store.groups.group(mailbox)!));
  const { next } = await timed("  process it", () => processCommit(other.context, rows, commit));
  other.group = next!;
  await timed(
    "  store it",
    () => written(other, () => other.store.transaction(() => storeEpoch(other.store, next!, 2))),
  );
}

async function seat(context: MlsContext, group: GroupSnapshot): Promise<Seat> {
  const folder = await Deno.makeTempDir();
  const cipher = new CellCipher(systemRandom(32), systemRandom);
  const store = ClientStore.open(folder, { cipher, holder: "bench" });
  await store.transaction(() => storeEpoch(store, group, 1));
  return { context, group, store, folder };
}

/** Prints what a change adds to the write-ahead log. */
async function written<T>({ folder }: Seat, change: () => Promise<T>): Promise<T> {
  const size = async () => (await Deno.stat(`${folder}/parley.db-wal`)).size;
  const before = await size();
  const result = await change();
  console.log(`    (written: ${formatBytes(Math.max(0, await size() - before))})`);
  return result;
}

async function timed<T>(what: string, work: () => Promise<T> | T): Promise<T> {
  const began = performance.now();
  const result = await work();
  console.log(`${what.padEnd(48)} ${(performance.now() - began).toFixed(1).padStart(9)} ms`);
  return result;
}

function bytes(what: string, { length }: Uint8Array): void {
  console.log(`${what.padEnd(48)} ${formatBytes(length).padStart(12)}`);
}

function formatBytes(length: number): string {
  return length < 10_000 ? `${length} B` : `${(length / 1024).toFixed(0)} KB`;
}
