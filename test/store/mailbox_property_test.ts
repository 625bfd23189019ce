import assert from "node:assert/strict";
import fc from "fast-check";
import type { SqliteMailboxStore } from "../../lib/store/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import {
  fakeCommit,
  fakeMessage,
  fakeWelcome,
  openTestStore,
  ref,
  register,
} from "../support/mailbox_fixture.ts";

const names = ["a/1", "b/1", "c/1"];
const mailbox = `group:${"0".repeat(32)}`;

type Step =
  | { do: "append"; from: string; id: number; staleBy: number }
  | { do: "commit"; from: string; id: number; staleBy: number; add: string[]; remove: string[] }
  | { do: "ack"; from: string; seq: number }
  | { do: "drop"; from: string };

const name = fc.constantFrom(...names);
const id = fc.nat(12);
const staleBy = fc.constantFrom(0, 0, 0, 0, 1);
const some = fc.uniqueArray(name, { maxLength: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: fc.constant("append" as const), from: name, id, staleBy }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("commit" as const),
      from: name,
      id,
      staleBy,
      add: some,
      remove: some,
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant("ack" as const), from: name, seq: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const), from: name }) },
);

/** How each sequence begins; without a conversation almost everything would be refused. */
const creation: Step = { do: "commit", from: "a/1", id: 99, staleBy: 0, add: ["b/1", "c/1"], remove: [] };

interface Reader {
  floor: number;
  ceiling: number;
  acked: number;
}

/** The rules once more, as plainly as can be: every entry is kept for ever, and who needs it is asked each time. */
class Model {
  epoch = 0;
  log: { id: string; from: string; kind: string; batch: number }[] = [];
  members = new Set<string>();
  dropped = new Set<string>();
  readers = new Map<string, Reader>();
  welcomes = new Map<string, number>();
  deleted = new Set<number>();
  #batch = 0;

  append(step: Step & { do: "append" }): number | "refused" {
    const before = this.#find(step);
    if (before > 0) return before;
    const current = this.members.has(step.from) && !this.dropped.has(step.from);
    if (!current || step.staleBy > 0) return "refused";
    return this.#push(step, "message");
  }

  commit(step: Step & { do: "commit" }): number | "refused" {
    const before = this.#find(step);
    if (before > 0) return before;
    const creates = ![...this.members].some((member) => !this.dropped.has(member));
    const former = new Set(creates ? [step.from] : this.members);
    if (step.staleBy > 0 || this.dropped.has(step.from) || !former.has(step.from)) return "refused";
    const after = new Set(former);
    for (const device of step.remove) if (device === step.from || !after.delete(device)) return "refused";
    const add = step.add.filter((device) => !(creates && device === step.from));
    for (const device of add) {
      if (after.has(device) || this.dropped.has(device)) return "refused";
      after.add(device);
    }
    const seq = this.#push(step, "commit");
    if (creates) this.readers.clear();
    for (const device of step.remove) {
      const reader = this.readers.get(device);
      if (reader) reader.ceiling = seq;
    }
    if (creates) this.readers.set(step.from, { floor: seq, ceiling: Infinity, acked: seq - 1 });
    for (const device of add) {
      const former = this.readers.get(device);
      const goesOn = former !== undefined && former.acked < former.ceiling;
      const { floor, acked } = goesOn ? former : { floor: seq + 1, acked: seq };
      this.readers.set(device, { floor, ceiling: Infinity, acked });
      this.welcomes.set(device, (this.welcomes.get(device) ?? 0) + 1);
    }
    this.members = after;
    this.epoch = creates ? 1 : this.epoch + 1;
    return seq;
  }

  ack({ from, seq }: Step & { do: "ack" }): void {
    const reader = this.readers.get(from);
    if (reader) reader.acked = Math.max(reader.acked, Math.min(seq, reader.ceiling, this.log.length));
  }

  drop(from: string): void {
    this.dropped.add(from);
    this.readers.delete(from);
  }

  /** The epoch that the next commit must carry. */
  get expected(): number {
    return [...this.members].some((member) => !this.dropped.has(member)) ? this.epoch : 0;
  }

  readable(device: string): number[] | "refused" {
    const reader = this.readers.get(device);
    if (reader === undefined || reader.acked >= reader.ceiling) return "refused";
    return this.log.map((_, index) => index + 1).filter((seq) =>
      seq >= reader.floor && seq <= reader.ceiling && !this.deleted.has(seq)
    );
  }

  /** Ends a batch: what everyone who may read it has acknowledged goes, a row's messages by themselves only in order. */
  clean(): void {
    const seqs = this.log.map((_, index) => index + 1);
    const firstNeeded = seqs.find((seq) => this.#isNeeded(seq)) ?? Infinity;
    for (const seq of seqs) {
      if (seq < firstNeeded || !this.#rowOf(seq).some((other) => this.#isNeeded(other))) {
        this.deleted.add(seq);
      }
    }
    this.#batch++;
  }

  #isNeeded(seq: number): boolean {
    return [...this.readers.values()].some(({ floor, ceiling, acked }) =>
      seq >= floor && seq <= ceiling && seq > acked
    );
  }

  /** The entries that stand in one row with this one: messages of one batch with no commit between them. */
  #rowOf(seq: number): number[] {
    const { kind, batch } = this.log[seq - 1]!;
    if (kind === "commit") return [seq];
    const isOther = (entry: { kind: string; batch: number }) =>
      entry.kind === "commit" || entry.batch !== batch;
    const first = this.log.findLastIndex((entry, index) => index < seq && isOther(entry)) + 2;
    const end = this.log.findIndex((entry, index) => index >= seq && isOther(entry));
    const last = end < 0 ? this.log.length : end;
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  }

  #find({ from, id }: { from: string; id: number }): number {
    const seq = this.log.findLastIndex((entry) => entry.from === from && entry.id === String(id)) + 1;
    return this.deleted.has(seq) ? 0 : seq;
  }

  #push({ from, id }: { from: string; id: number }, kind: string): number {
    return this.log.push({ from, id: String(id), kind, batch: this.#batch });
  }
}

const idBytes = (id: number) => new Uint8Array(16).fill(id);

function runStep(
  store: SqliteMailboxStore,
  step: Step,
  epoch: number,
): Promise<number | "refused" | undefined> {
  const seqOf = (promise: Promise<{ seq: number }>) =>
    promise.then(({ seq }) => seq, () => "refused" as const);
  const from = ref(step.from);
  if (step.do === "ack") return store.ack(from, mailbox, step.seq).then(() => undefined);
  if (step.do === "drop") return store.dropDevice(from, `key of ${step.from}`).then(() => undefined);
  const place = { mailbox, from, id: idBytes(step.id) };
  if (step.do === "append") {
    return seqOf(store.append({ ...place, message: fakeMessage(mailbox, epoch + step.staleBy) }));
  }
  const welcome = step.add.some((device) => !(epoch === 0 && device === step.from))
    ? fakeWelcome()
    : undefined;
  const members = { add: step.add.map(ref), remove: step.remove.map(ref), welcome };
  return seqOf(store.commit({ ...place, commit: fakeCommit(mailbox, epoch + step.staleBy), ...members }));
}

function modelStep(model: Model, step: Step): number | "refused" | undefined {
  if (step.do === "append") return model.append(step);
  if (step.do === "commit") return model.commit(step);
  if (step.do === "ack") model.ack(step);
  else model.drop(step.from);
}

Deno.test("SqliteMailboxStore does what a simple model does for every sequence of requests in any batches", async () => {
  let entries = 0;
  const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(batches, fc.boolean(), async (batches, reopens) => {
      await using test = await openTestStore();
      await register(test.store, ...names);
      const model = new Model();
      for (const batch of [[creation], ...batches]) {
        const pairs = batch.map((step) => {
          const answer = runStep(test.store, step, step.do === "append" ? model.epoch : model.expected);
          return [answer, modelStep(model, step)] as const;
        });
        for (const [answer, expected] of pairs) assert.deepEqual(await answer, expected);
        model.clean();
        if (reopens) await test.reopen();
        for (const device of names) {
          const seqs = await test.store.read(ref(device), mailbox, 0, 1_000)
            .then(({ entries }) => entries.map(({ seq }) => seq), () => "refused");
          assert.deepEqual(seqs, model.readable(device), device);
        }
      }
      for (const device of names.filter((device) => !model.dropped.has(device))) {
        const own = await test.store.read(ref(device), `device:${device}`, 0, 1_000);
        assert.equal(own.entries.length, model.welcomes.get(device) ?? 0);
        assert.equal(new Set(own.entries.map(({ id }) => encodeHex(id))).size, own.entries.length);
      }
      entries += model.log.length;
    }),
    { numRuns: 60 },
  );
  assert.ok(entries > 150, `only ${entries} entries were accepted`);
});
