import assert from "node:assert/strict";
import { isRefreshDue } from "../../lib/client/refresh_policy.ts";

const HOUR_MS = 3_600_000;
const now = 1_000_000 * HOUR_MS;

Deno.test("isRefreshDue() asks for new keys after 200 messages, after a day before sending, after a week at rest", () => {
  const due = (hours: number, sent: number, sending: boolean, members = 2) =>
    isRefreshDue({ refreshed: now - hours * HOUR_MS, sent }, { members, now, sending });
  assert.equal(due(0, 199, true), false);
  assert.equal(due(0, 200, false), true);
  assert.equal(due(23.9, 0, true), false);
  assert.equal(due(24, 0, true), true);
  assert.equal(due(24, 0, false), false);
  assert.equal(due(7 * 24, 0, false), true);
  // In large groups all members together commit every ten minutes at most.
  assert.equal(due(24, 0, true, 1_000), false);
  assert.equal(due(1_000 / 6, 0, true, 1_000), true);
  // Keys of a last-resort key package are never fresh.
  assert.equal(isRefreshDue({ refreshed: 0, sent: 0 }, { members: 1_000, now, sending: true }), true);
});
