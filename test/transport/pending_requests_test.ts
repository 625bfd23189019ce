import assert from "node:assert/strict";
import fc from "fast-check";
import { NetworkError } from "../../lib/errors/mod.ts";
import { type PendingRequest, PendingRequests } from "../../lib/transport/pending_requests.ts";

function request(settled: (outcome: unknown) => void): PendingRequest {
  return {
    op: "ack",
    body: new Uint8Array(),
    deadline: performance.now() + 60_000,
    resolve: settled,
    reject: settled,
  };
}

Deno.test("PendingRequests settles every request once and never exceeds its bound", () => {
  const steps = fc.array(fc.oneof(
    fc.constant("add" as const),
    fc.constant("answer" as const),
    fc.constant("give up" as const),
    fc.constant("block" as const),
  ));
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 5 }), (script, bound) => {
    const flying: number[] = [];
    const settled = new Map<PendingRequest, number>();
    let blocked = false;
    const pending = new PendingRequests({ ready: () => !blocked, send: (id) => flying.push(id) }, bound);
    const asked: PendingRequest[] = [];
    for (const step of script) {
      if (step === "add") {
        const one: PendingRequest = request(() => settled.set(one, (settled.get(one) ?? 0) + 1));
        asked.push(one);
        pending.add(one);
      } else if (step === "answer" && flying.length > 0) {
        pending.take(flying.shift()!)?.resolve(new Uint8Array());
      } else if (step === "give up" && asked.some((one) => !settled.has(one))) {
        pending.giveUp(asked.find((one) => !settled.has(one))!, new Error("enough"));
      } else if (step === "block") {
        blocked = !blocked;
        pending.pump();
      }
      assert(flying.length <= bound);
    }
    pending.rejectAll(new NetworkError("connection-closed", "over"));
    assert(asked.every((one) => settled.get(one) === 1));
    for (const id of flying) assert.equal(pending.take(id), undefined);
  }));
});

Deno.test("PendingRequests.take() tells an answer that nobody waits for from one that nobody asked for", () => {
  const ids: number[] = [];
  const pending = new PendingRequests({ ready: () => true, send: (id) => ids.push(id) }, 2);
  const one = request(() => {});
  pending.add(one);
  pending.giveUp(one, new Error("enough"));
  assert.equal(pending.take(ids[0]!), null);
  assert.equal(pending.take(ids[0]!), undefined);
});
