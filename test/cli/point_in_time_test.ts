import assert from "node:assert/strict";
import { pointInTime, resolvePointInTime } from "../../commands/point_in_time.ts";
import { withTimeLimit } from "../../commands/time_limit.ts";

Deno.test("pointInTime() takes dates and time spans, and nothing else", () => {
  const now = Date.UTC(2026, 4, 2);
  const resolved = (input: string) => {
    const parsed = pointInTime().parse(input);
    return parsed.success ? resolvePointInTime(parsed.value, now) : undefined;
  };
  assert.deepEqual(resolved("1d"), new Date(Date.UTC(2026, 4, 1)));
  assert.deepEqual(resolved("2026-05-01T12:00Z"), new Date(Date.UTC(2026, 4, 1, 12)));
  assert.deepEqual(resolved("2026-05-01"), new Date(2026, 4, 1));
  for (const input of ["yesterday", "2026-13-01", "2026-5-1", "1", "-1d", ""]) {
    assert.equal(resolved(input), undefined, input);
  }
});

Deno.test("withTimeLimit() fails when the time is up, whatever the work does, and tells the work", async () => {
  const never = new AbortController().signal;
  const told = Promise.withResolvers<void>();
  const work = (signal: AbortSignal) => {
    signal.addEventListener("abort", () => told.resolve());
    return new Promise<void>(() => {});
  };
  await assert.rejects(withTimeLimit(1, never, work), { kind: "timeout", code: "timeout" });
  await told.promise;
  assert.equal(await withTimeLimit(60_000, never, () => Promise.resolve("done")), "done");
  assert.equal(await withTimeLimit(undefined, never, (signal) => Promise.resolve(signal === never)), true);
});
