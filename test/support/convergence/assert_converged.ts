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
    await assertAgreement(scenario, mailbox);
    const log = entries.filter((entry) => entry.mailbox === mailbox && texts.has(entry.id));
    for (const player of players) assertShown(player, mailbox, log);
  }
  assertSent(scenario, entries);
}

/** All members are in one epoch with one secret, and are those of whom the relay knows. */
async function assertAgreement({ audit, players, world }: Scenario, mailbox: string): Promise<void> {
  const members = audit.members(mailbox);
  const seats = [];
  for (const player of players) {
    await using insides = await openInsides(world, player.ref);
    const { groups, mailboxes } = insides.store;
    const { state } = mailboxes.get(mailbox);
    const isMember = state === "active" && groups.epochNumber(mailbox) !== undefined;
    assert.equal(isMember, members.includes(player.name), `${player.name} in ${mailbox}: ${state}`);
    if (!isMember) continue;
    const leaves = groups.members(mailbox).map(({ user, device }) => `${user}/${device}`).sort();
    assert.deepEqual(leaves, members, `members of ${mailbox} as ${player.name} knows them`);
    seats.push(await secretOf(world, player.ref, mailbox));
  }
  for (const seat of seats) assert.deepEqual(seat, seats[0], mailbox);
}

/** A device that was put back has no gaps either, but may only be able to say that it cannot read something. */
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
    assert.deepEqual(here.filter(({ type }) => type === "undecryptable"), [], `${name} cannot read something`);
  }
  const seen = new Set(lives.flatMap(({ shown, known }) => [...shown.map(({ id }) => id), ...known]));
  for (const { id, seq, from, readers } of log) {
    if (readers.has(name) && from !== name) assert.ok(seen.has(id), `${name} lacks ${seq} of ${from} (${id})`);
  }
}

/** What was taken for sending has been sent, unless the device was put back since or is no member any more. */
function assertSent({ players, audit }: Scenario, entries: AuditedEntry[]): void {
  const ids = new Set(entries.map(({ id }) => id));
  for (const { life, name } of players) {
    for (const [id, mailbox] of life.queued) {
      if (!audit.members(mailbox).includes(name)) continue;
      assert.ok(ids.has(id), `${name} has not sent ${id} to ${mailbox}`);
    }
  }
}
