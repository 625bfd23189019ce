/**
 * Measures what `parley bench group` does not take apart: what each step of a change costs a member of a group of
 * many devices, and what it writes to its store: `deno run -A test/bench/groups.ts [SIZE…]`.
 * Certificates are stand-ins of the usual length (lib/bench/mls_stage.ts): checking chains is not measured.
 */
import { GroupSeat } from "../../lib/bench/group_seat.ts";
import { stageGroup, stageKeyPackage, stageMember } from "../../lib/bench/mls_stage.ts";
import { encodeRoster } from "../../lib/client/groups/roster.ts";
import {
  createCommit,
  createGroupInfo,
  defaultSuite,
  encodePendingState,
  type GroupSnapshot,
  joinExternal,
  type MlsContext,
  processCommit,
} from "../../lib/mls/mod.ts";

const HOUR_MS = 3_600_000;
const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
const text = new Uint8Array(1024);

/** A member with its keys. */
interface Participant {
  readonly context: MlsContext;
  readonly seat: GroupSeat;
}

if (import.meta.main) {
  const sizes = Deno.args.length > 0 ? Deno.args.map(Number) : [10, 100, 1_000];
  for (const size of sizes) await measure(size);
}

async function measure(size: number): Promise<void> {
  console.log(`\n${size} devices, ${defaultSuite}`);
  const staged = await stageGroup(
    size,
    defaultSuite,
    new AbortController().signal,
    (users) => encodeRoster({ users, admins: users.slice(0, 1), leaving: [] }),
  );
  duration("make the group (one commit)", staged.createMs);
  bytes("  commit", staged.commitBytes), bytes("  welcome", staged.welcomeBytes);
  duration("join by the welcome", staged.joinMs);
  await using alice = await GroupSeat.open(staged.author);
  await using bob = await GroupSeat.open(staged.member);
  await measureMessages(alice, bob);
  await measureCommits(
    { context: staged.author.context, seat: alice },
    { context: staged.member.context, seat: bob },
  );
}

async function measureMessages(alice: GroupSeat, bob: GroupSeat): Promise<void> {
  const message = await timed("send the first message of an epoch (1 KB)", () => alice.send(text), alice);
  bytes("  message", message.length);
  await timed("receive it", () => bob.receive(message), bob);
  const next = await timed("send another one", () => alice.send(text), alice);
  await timed("receive it", () => bob.receive(next), bob);
}

async function measureCommits(alice: Participant, bob: Participant): Promise<void> {
  const { message } = await stageKeyPackage(await stageMember("member0", defaultSuite));
  const group = await timed("load the state", () => alice.seat.load());
  const added = await timed(
    "commit that adds one",
    () => createCommit(alice.context, group, { add: [message] }),
  );
  bytes("  commit", added.commit.length), bytes("  welcome", added.welcome?.length ?? 0);
  await advance(alice.seat, bob.seat, added);
  for (const what of ["refresh of a member that has sent nothing yet", "refresh again"]) {
    const group = bob.seat.load();
    const refreshed = await timed(what, () => createCommit(bob.context, group, {}));
    bytes("  commit", refreshed.commit.length);
    await advance(bob.seat, alice.seat, refreshed);
  }
  await measureEntry(alice, bob);
}

/** Lets both members enter the epoch after a commit, and stores it. */
async function advance(
  author: GroupSeat,
  other: GroupSeat,
  { commit, pending }: { commit: Uint8Array; pending: GroupSnapshot },
): Promise<void> {
  bytes("  state", (await timed("  encode the state after it", () => encodePendingState(pending))).length);
  await timed("  store it", () => author.enter(pending), author);
  await timed("  process it and store that", () => other.follow(commit), other);
}

async function measureEntry(alice: Participant, bob: Participant): Promise<void> {
  const group = alice.seat.load();
  const groupInfo = await timed("group info", () => createGroupInfo(alice.context, group));
  bytes("  group info", groupInfo.length);
  const external = await timed(
    "enter from outside",
    () => joinExternal(bob.context, groupInfo, group.epoch.groupId, validity),
  );
  bytes("  commit", external.commit.length);
  const { next } = await timed(
    "  let somebody enter",
    () => processCommit(alice.context, group, external.commit),
  );
  console.log(`  ${next?.members.length ?? 0} members`);
}

/** Prints how long some work takes and, where it changes a store, how much it adds to the write-ahead log. */
async function timed<T>(what: string, work: () => Promise<T> | T, seat?: GroupSeat): Promise<T> {
  const began = performance.now();
  const result = await work();
  duration(what, performance.now() - began);
  if (seat !== undefined) bytes("    written", seat.writtenBytes);
  return result;
}

function duration(what: string, ms: number): void {
  console.log(`${what.padEnd(48)} ${ms.toFixed(1).padStart(9)} ms`);
}

function bytes(what: string, length: number): void {
  const text = length < 10_000 ? `${length} B` : `${(length / 1024).toFixed(0)} KB`;
  console.log(`${what.padEnd(48)} ${text.padStart(12)}`);
}
