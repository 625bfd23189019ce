import assert from "node:assert/strict";
import { pause } from "../../lib/transport/pause.ts";

const LONG_MS = 60_000;

Deno.test("pause() lasts as long as it is told", async () => {
  const began = performance.now();
  await pause(20, new AbortController().signal);
  assert.ok(performance.now() - began >= 19);
});

Deno.test("pause() ends at once when its signal aborts, and leaves no timer", async () => {
  const stop = new AbortController();
  const pausing = pause(LONG_MS, stop.signal);
  stop.abort();
  await pausing;
  await pause(LONG_MS, stop.signal);
});
