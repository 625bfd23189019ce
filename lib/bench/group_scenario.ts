import { encodeRoster } from "../client/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { defaultSuite } from "../mls/mod.ts";
import { GroupSeat } from "./group_seat.ts";
import {
  GROUP_SIZES,
  isWorthMaking,
  type StagedGroup,
  stageGroup as stageMlsGroup,
  stageKeyPackage,
  stageMember,
} from "./mls_stage.ts";
import { LoadBench, stageGroup } from "./relay_scenario.ts";
import { RelayStage } from "./relay_stage.ts";
import type { Recorder, ScenarioSettings } from "./scenario.ts";
import { mediansOfRounds, percentile } from "./statistics.ts";

const USUAL_READERS = [10, 100];
const WINDOW = 8;
const ROUNDS = 5;

/** `group`: what a group of many costs its members, and a relay that hands one message to all of them. */
export async function runGroupScenario(settings: ScenarioSettings, record: Recorder): Promise<void> {
  const { clients, signal } = settings;
  await measureMembers(settings, record);
  await using stage = await RelayStage.open(settings.program);
  for (const readers of clients === undefined ? USUAL_READERS : [clients]) {
    settings.onProgress(`connecting ${readers} members`);
    const group = await stageGroup(stage, `g${readers}`, readers, signal);
    await using bench = await LoadBench.open(stage, [group], settings, record);
    await bench.closedLoop(`1 writer to ${readers} members, window ${WINDOW}`, WINDOW);
  }
}

async function measureMembers(settings: ScenarioSettings, record: Recorder): Promise<void> {
  const { clients, signal, onProgress } = settings;
  let perMemberMs = 0;
  for (const size of clients === undefined ? GROUP_SIZES : [Math.max(2, clients)]) {
    if (clients === undefined && !isWorthMaking(size, perMemberMs, settings)) break;
    onProgress(`making a group of ${size}`);
    const began = performance.now();
    const group = await stageMlsGroup(
      size,
      defaultSuite,
      signal,
      (users) => encodeRoster({ users, admins: users.slice(0, 1), leaving: [] }),
    );
    perMemberMs = (performance.now() - began) / size;
    await measureMember(`${size} members`, group, settings, record);
  }
}

/** Times of one kind of work, and what it put on the wire and on the disk. */
class Series {
  readonly #times: number[] = [];
  readonly #written: number[] = [];
  #wireBytes: number | undefined;

  get count(): number {
    return this.#times.length;
  }

  async time<T extends Uint8Array | void>(seat: GroupSeat, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    this.#times.push(performance.now() - began);
    this.#written.push(seat.writtenBytes);
    this.#wireBytes = result?.length;
    return result;
  }

  record(name: string, record: Recorder): void {
    const written = percentile(this.#written.toSorted((a, b) => a - b), 0.5);
    const wire = this.#wireBytes === undefined ? "" : `${this.#wireBytes} bytes on the wire, `;
    record(name, "ms", mediansOfRounds(this.#times, ROUNDS), {
      note: `${wire}${written} written to the disk`,
    });
  }
}

async function measureMember(
  title: string,
  { author, member, createMs, joinMs, commitBytes, welcomeBytes, suite }: StagedGroup,
  { sizeBytes, durationMs, signal, onProgress }: ScenarioSettings,
  record: Recorder,
): Promise<void> {
  onProgress(`${title}: messages and commits`);
  record(`${title}: create`, "ms", [createMs], {
    note: `commit ${commitBytes} bytes, welcome ${welcomeBytes}`,
  });
  record(`${title}: join`, "ms", [joinMs]);
  await using alice = await GroupSeat.open(author);
  await using bob = await GroupSeat.open(member);
  const plaintext = systemRandom(sizeBytes);
  const newcomer = await stageKeyPackage(await stageMember("member0", suite));
  const send = new Series(), receive = new Series(), add = new Series(), follow = new Series();
  const began = performance.now();
  do {
    signal.throwIfAborted();
    const message = await send.time(alice, () => alice.send(plaintext));
    await receive.time(bob, () => bob.receive(message));
  } while (send.count < ROUNDS || performance.now() - began < durationMs / 2);
  const middle = performance.now();
  do {
    signal.throwIfAborted();
    // Every round is a commit to the same group.
    await Promise.all([alice.return(author.group), bob.return(member.group)]);
    const commit = await add.time(alice, () => alice.add(newcomer.message));
    await follow.time(bob, () => bob.follow(commit));
  } while (add.count < ROUNDS || performance.now() - middle < durationMs / 2);
  send.record(`${title}: send a message`, record);
  receive.record(`${title}: receive it`, record);
  add.record(`${title}: add one`, record);
  follow.record(`${title}: follow that`, record);
}
