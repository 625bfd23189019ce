import assert from "node:assert/strict";
import { formatDay, formatMinute } from "../../commands/format_time.ts";

Deno.test("formatDay() and formatMinute() write UTC", () => {
  const time = new Date("2026-01-31T23:59:59.999-01:00");
  assert.deepEqual([formatDay(time), formatMinute(time)], ["2026-02-01", "2026-02-01 00:59"]);
});
