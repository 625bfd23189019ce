/**
 * Plays random scenarios, each with its seed: `deno run -A test/scenario/convergence.ts SEED ROUNDS [STEPS]`. The
 * seeds count up from the first one.
 */
import { runConvergence } from "../support/convergence/run_convergence.ts";

const [first = 1, rounds = 1, steps = 40] = Deno.args.map(Number);
for (let seed = first; seed < first + rounds; seed++) {
  const began = performance.now();
  await runConvergence({ seed, steps });
  console.log(`seed ${seed}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}
