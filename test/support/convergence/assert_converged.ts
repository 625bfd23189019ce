import assert from "node:assert/strict";
import { openInsides, secretOf } from "../../client/groups/group_world.ts";
import type { Player } from "./player.ts";
import type { AuditedEntry } from "./relay_audit.ts";
import type { Scenario } from "./run_convergence.ts";

/** Checks that all devices agree, and that each has shown what it is entitled to, once and in order. */
export async function assertConverged(scenario: Scenario): Promise<void> {
  const { audit, players } = scenario;
  for (const player of players) await player.learn();
  const entries = audit.entries();
  const texts = new Set(players.flatMap(({ lives }) => lives.flatMap(({ queued }) => [...queued.keys()])));
  for (const mailbox of new Set(entries.map((entry) => entry.mailbox))) {
    const isAlive = await assertAgreement(scenario, mailbox);
    if (isAlive) assertSent(scenario, mailbox, entries);
    const log = entries.filter((entry) => entry.mailbox === mailbox && texts.has(entry.id));
    const members = isAlive ? audit.members(mailbox) : [];
    for (const player of players) {
      assertShown(player, mailbox, log);
      const hasLeft = mailbox === scenario.group && scenario.leavers.has(player.ref.user);
      if (!hasLeft) assertComplete(player, log, members.includes(player.name));
    }
  }
}

/**
 * All members are in one epoch with one secret, and are those of whom the relay knows; false where all have left, of
 * which the relay does not hear.
 */
async function assertAgreement({ audit, players, world }: Scenario, mailbox: string): Promise<boolean> {
  const members = audit.members(mailbox);
  const seats = [], states = new Map<string, string>();
  for (const player of players) {
    await using insides = await openInsides(world, player.ref);
    const { groups, mailboxes } = insides.store;
    const { state } = mailboxes.get(mailbox);
    const isMember = state === "active" && groups.epochNumber(mailbox) !== undefined;
    states.set(player.name, isMember ? "member" : state);
    if (!isMember) continue;
    const leaves = groups.members(mailbox).map(({ user, device }) => `${user}/${device}`).sort();
    assert.deepEqual(leaves, members, `members of ${mailbox} as ${player.name} knows them`);
    seats.push(await secretOf(world, player.ref, mailbox));
  }
  for (const seat of seats) assert.deepEqual(seat, seats[0], mailbox);
  if (seats.length === 0 && members.every((name) => states.get(name) === "left")) return false;
  const seated = [...states].filter(([, state]) => state === "member").map(([name]) => name);
  assert.deepEqual(seated.sort(), members, `${mailbox}: ${[...states].join(" ")}`);
  return true;
}

/** A device has shown what is for it, nothing else and nothing twice, in order. */
function assertShown(player: Player, mailbox: string, log: AuditedEntry[]): void {
  const { name, lives } = player;
  const isWhole = lives.length === 1;
  for (const { shown } of lives) {
    const here = shown.filter(({ conversation }) => conversation === mailbox);
    const messages = here.filter(({ type }) => type === "message");
    const texts = messages.map(({ text }) => text);
    assert.equal(new Set(texts).size, texts.length, `${name} has shown a message twice: ${texts.join()}`);
    const seqs = messages.map(({ id, text }) => {
      const readable = log.find((entry) => entry.id === id && entry.readers.has(name));
      assert.ok(readable !== undefined, `${name} has shown ${text}, which is not for it`);
      return readable.seq;
    });
    if (!isWhole) continue;
    assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b), `${name} has shown messages out of order`);
    assert.deepEqual(
      here.filter(({ type }) => type === "undecryptable"),
      [],
      `${name} cannot read something`,
    );
  }
}

/** A device that was put back has no gaps either, but may only be able to say that it cannot read something. */
function assertComplete({ name, lives }: Player, log: AuditedEntry[], isMember: boolean): void {
  // Where it is no member any more it could not ask.
  if (lives.length > 1 && !isMember) return;
  const seen = new Set(lives.flatMap(({ shown, known }) => [...shown.map(({ id }) => id), ...known]));
  for (const { id, seq, from, readers } of log) {
    if (readers.has(name) && from !== name) {
      assert.ok(seen.has(id), `${name} lacks ${seq} of ${from} (${id})`);
    }
  }
}

/** What was taken for sending has been sent, unless the device was put back since or is no member any more. */
function assertSent({ players, audit }: Scenario, mailbox: string, entries: AuditedEntry[]): void {
  const sent = new Set(entries.map(({ id }) => id));
  for (const { life, name } of players) {
    if (!audit.members(mailbox).includes(name)) continue;
    for (const [id, conversation] of life.queued) {
      assert.ok(conversation !== mailbox || sent.has(id), `${name} has not sent ${id} to ${mailbox}`);
    }
  }
}
