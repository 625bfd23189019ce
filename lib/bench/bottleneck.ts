/** The load of a core from which a process has nothing left. */
const BUSY = 0.9;

/** Says how busy both ends were, as shares of one core, and whether the load generator was the limit. */
export function describeBottleneck(
  server: string,
  serverLoads: readonly number[],
  generatorLoads: readonly number[],
): string {
  const served = Math.max(...serverLoads), generated = Math.max(...generatorLoads);
  const loads = `${server} ${formatShare(served)} of a core, load generator ${formatShare(generated)}`;
  return generated >= BUSY && generated > served ? `${loads}: the load generator was the bottleneck` : loads;
}

function formatShare(load: number): string {
  return `${Math.round(load * 100)} %`;
}
