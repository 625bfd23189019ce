import { setTimeout as sleep } from "node:timers/promises";
import type { RandomSource } from "../crypto/mod.ts";

/** About as long as a commit takes to be made, sent and worked in. */
const FIRST_MS = 100;
const MAX_MS = 2_000;

/**
 * Waits for a random time, twice as long at most with each epoch that others have won in a row: members that commit at
 * one instant would otherwise all make another commit each time, of which one wins.
 */
export async function giveWay(losses: number, random: RandomSource): Promise<void> {
  const [high = 0, low = 0] = random(2);
  const share = (high * 256 + low) / 65_536;
  await sleep(share * Math.min(MAX_MS, FIRST_MS * 2 ** losses));
}
