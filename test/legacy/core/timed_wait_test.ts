import assert from "node:assert/strict";
import { TimedWait } from "../../../lib/legacy/core/mod.ts";

Deno.test("TimedWait is over at once, when it ends, or when it has taken too long", async () => {
  const wait = new TimedWait(60_000);
  await wait.over;
  wait.begin();
  let over = false;
  const waited = wait.over.then(() => over = true);
  wait.begin();
  await Promise.resolve();
  assert(!over);
  wait.end();
  await waited;
  const short = new TimedWait(1);
  short.begin();
  await short.over;
  short.end();
});
