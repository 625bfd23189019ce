import { runConvergence } from "../support/convergence/run_convergence.ts";

const STEPS = 40;
/** A few that have found something, and one that nobody has seen before. */
const seeds = [121, 133, 313, Math.floor(Math.random() * 2 ** 31)];

for (const seed of seeds) {
  Deno.test(`devices that do anything in any order agree in the end, and nothing is lost or shown twice (seed ${seed})`, async () => {
    await runConvergence({ seed, steps: STEPS });
  });
}
