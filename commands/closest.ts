/** Returns the candidate that `word` begins, else the one most like it, where one is like it at all. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const longer = candidates.filter((candidate) => word !== "" && candidate.startsWith(word));
  let best = longer.length === 1 ? longer[0] : undefined;
  if (best !== undefined) return best;
  let bestDistance = Math.floor(Math.max(word.length, 3) / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

// Optimal string alignment distance: a swap of neighbours, the commonest slip, counts once.
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        current[j] = Math.min(current[j]!, before[j - 2]! + 1);
      }
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length]!;
}
