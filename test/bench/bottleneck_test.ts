import assert from "node:assert/strict";
import { describeBottleneck } from "../../lib/bench/bottleneck.ts";

Deno.test("describeBottleneck() names the load generator only where it is busy and busier than the server", () => {
  assert.equal(
    describeBottleneck("relay", [0.3, 0.5], [0.2, 0.4]),
    "relay 50 % of a core, load generator 40 %",
  );
  assert.match(describeBottleneck("server", [0.5], [0.95]), /: the load generator was the bottleneck$/);
  assert(!describeBottleneck("server", [0.97], [0.95]).includes("bottleneck"));
  assert(!describeBottleneck("server", [0.2], [0.89]).includes("bottleneck"));
});
