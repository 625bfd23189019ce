import type { Client } from "../../../lib/client/mod.ts";
import { ParleyError } from "../../../lib/errors/mod.ts";
import { directMailbox } from "../../../lib/wire/mod.ts";
import { seeded } from "../seeded.ts";
import { World } from "../world.ts";
import { assertConverged } from "./assert_converged.ts";
import { Player } from "./player.ts";
import { RelayAudit } from "./relay_audit.ts";

/** What a scenario is about. */
export interface Scenario {
  world: World;
  audit: RelayAudit;
  players: Player[];
  /** The group. */
  group: string;
  /** Users who have left it at some time, by themselves: the relay hears of it only when others take them out. */
  leavers: Set<string>;
  /** What was done, to be printed where something is wrong. */
  log: string[];
}

/** How large a scenario is. */
export interface ConvergenceOptions {
  seed: number;
  steps: number;
}

const USERS = ["alice", "bob", "carol", "dave", "erin"];
/** What a person may be told who asks for something that is not to be had. */
const REFUSALS = new Set([
  "not-admin",
  "not-a-member",
  "admin-required",
  "user-not-in-group",
  "cannot-remove-self",
  "group-unknown",
  "device-duplicated",
  "rejoin-waiting",
]);
const MAX_QUIET_ROUNDS = 20;

/**
 * Plays a random scenario of a group, and of conversations of two, on devices of several users: messages, members
 * that come and go, new keys, devices that die, are offline for long, or are put back from an old copy. Then lets
 * everything come to rest and checks that all agree.
 */
export async function runConvergence({ seed, steps }: ConvergenceOptions): Promise<void> {
  const dice = new Dice(seed);
  await using world = await World.open();
  using audit = new RelayAudit(`${world.relay.folder}/relay`);
  const users = USERS.slice(0, dice.between(2, USERS.length));
  const log: string[] = [`users ${users.join(" ")}`];
  try {
    const players: Player[] = [];
    for (const user of users) players.push(new Player(world, await world.enrol(`${user}/one`)));
    const others = users.slice(1, dice.between(2, users.length));
    const group = (await players[0]!.online((client) => client.groups.create("team", others))).id;
    const scenario: Scenario = { world, audit, players, group, leavers: new Set(), log };
    const stage = new Stage(scenario, dice, users);
    for (let step = 0; step < steps; step++) await stage.step();
    await comeToRest(scenario);
    await assertConverged(scenario);
    if (Deno.args.includes("-v")) { for (const line of log) console.log(line); }
  } catch (error) {
    for (const line of log) console.error(line);
    console.error(`seed ${seed}`);
    throw error;
  }
}

/** A generator of choices. */
class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  between(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)]!;
  }

  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let left = this.#random() * choices.reduce((sum, [weight]) => sum + weight, 0);
    return choices.find(([weight]) => (left -= weight) < 0)?.[1] ?? choices[0]![1];
  }
}

type Act = (player: Player) => Promise<unknown>;

class Stage {
  readonly #scenario: Scenario;
  readonly #dice: Dice;
  readonly #users: string[];
  readonly #acts: [number, string, Act][];
  #texts = 0;

  constructor(scenario: Scenario, dice: Dice, users: string[]) {
    this.#scenario = scenario;
    this.#dice = dice;
    this.#users = users;
    const { group } = scenario;
    const online = (work: (client: Client) => Promise<unknown>): Act => (player) => player.online(work);
    const other = () => dice.pick(users);
    this.#acts = [
      [10, "sends", (player) => player.online((client) => this.#send(player, client, true))],
      [3, "writes offline", (player) => player.offline((client) => this.#send(player, client, false))],
      [5, "looks", online(() => Promise.resolve())],
      [4, "connects", (player) => player.stay()],
      [2, "disconnects", (player) => player.go()],
      [3, "adds", online((client) => client.groups.add(group, [this.#note(other())]))],
      [2, "removes", online((client) => client.groups.remove(group, [this.#note(other())]))],
      [2, "refreshes", online((client) => client.groups.refresh(group))],
      [1, "leaves", (player) => this.#leave(player)],
      [1, "promotes", online((client) => client.groups.setAdmins(group, [this.#note(other())], true))],
      [1, "demotes", online((client) => client.groups.setAdmins(group, [this.#note(other())], false))],
      [1, "renames", online((client) => client.groups.rename(group, this.#note(`team ${++this.#texts}`)))],
      [4, "dies", (player) => this.#die(player)],
      [1, "links a device", (player) => this.#link(player)],
      [2, "is backed up", (player) => player.save("backup")],
      [1, "is copied", (player) => player.save("folder")],
      [2, "is put back", (player) => player.restore()],
    ];
  }

  /** One thing, or several at the same time. */
  async step(): Promise<void> {
    const { players } = this.#scenario;
    const count = this.#dice.weighted([[6, 1], [2, 2], [1, 4]]);
    const actors = new Set(Array.from({ length: count }, () => this.#dice.pick(players)));
    await Promise.all([...actors].map((player) => this.#act(player)));
  }

  async #act(player: Player): Promise<void> {
    const act = this.#dice.weighted(this.#acts.map((one) => [one[0], one]));
    const [, name, work] = act;
    const at = this.#scenario.log.push(`${player.name} ${name}`) - 1;
    try {
      await work(player);
    } catch (error) {
      if (!(error instanceof ParleyError) || !REFUSALS.has(error.code)) {
        this.#scenario.log[at] += `: ${error}`;
        throw error;
      }
      this.#scenario.log[at] += `: ${error.code}`;
    }
  }

  #note<T>(detail: T): T {
    this.#scenario.log.push(`  (${detail})`);
    return detail;
  }

  async #send(player: Player, client: Client, now: boolean): Promise<void> {
    const { group } = this.#scenario;
    const conversation = this.#dice.weighted([
      [3, group],
      [1, directMailbox(player.ref.user, this.#dice.pick(this.#users))],
    ]);
    if (conversation === group && client.groups.show(group).state === "left") return;
    for (let count = this.#dice.between(1, 3); count > 0; count--) {
      const text = `${++this.#texts} by ${player.name}`;
      const { id } = await client.composer.enqueue(conversation, { type: "text", text });
      player.life.queued.set(id, conversation);
    }
    this.#note(`${this.#texts} to ${conversation}`);
    if (now) await client.deliver(conversation);
  }

  #leave(player: Player): Promise<unknown> {
    const { group, leavers } = this.#scenario;
    leavers.add(player.ref.user);
    return player.online((client) => client.groups.leave(group));
  }

  #die(player: Player): Promise<void> {
    const { group } = this.#scenario;
    const works: ((client: Client) => Promise<unknown>)[] = [
      (client) => this.#send(player, client, true),
      (client) => client.groups.refresh(group),
      (client) => client.groups.add(group, [this.#dice.pick(this.#users)]),
      (client) => client.catchUp(),
    ];
    return player.die(this.#dice.pick(works), this.#note(this.#dice.between(0, 60)));
  }

  async #link({ ref: { user } }: Player): Promise<void> {
    const { players, world } = this.#scenario;
    if (players.length >= 8) return;
    const name = `${user}/d${players.length}`;
    players.push(new Player(world, await world.enrol(name)));
  }
}

/** Everybody comes online one after the other, again and again, until nothing happens any more. */
async function comeToRest({ players, audit, world, log }: Scenario): Promise<void> {
  for (const player of players) await player.go();
  for (let round = 0; round < MAX_QUIET_ROUNDS; round++) {
    const before = audit.count();
    let hadCopies = false;
    for (const player of players) {
      await player.online((client) => client.deliverAll((error) => world.warnings.push(error)));
      hadCopies = await player.acceptDuplicates() || hadCopies;
    }
    log.push(`round ${round}: ${audit.count() - before} entries`);
    if (audit.count() === before && !hadCopies) return;
  }
  throw new Error("it does not come to rest");
}
