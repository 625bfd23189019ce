import { type GeneratedKeyPackage, generateKeyPackage, type MlsContext } from "../mls/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";

/** Fewer one-time key packages than this at the relay are topped up to {@link FULL}. */
const LOW = 10;
const FULL = 30;
const HOUR_MS = 3_600_000;
const LIFETIME_MS = 365 * 24 * HOUR_MS;

/** From when until when a new key package is valid; an hour of slack for clocks that are behind. */
export function keyPackageValidity(now: Date): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - HOUR_MS), notAfter: new Date(now.getTime() + LIFETIME_MS) };
}

/** Whether the relay has few key packages left. */
export function needsKeyPackages(left: number): boolean {
  return left < LOW;
}

/**
 * Makes key packages, keeps their private keys, and publishes them. The first time a last-resort one goes
 * with them, which the relay hands out when all others are gone.
 */
export async function publishKeyPackages(
  store: ClientStore,
  mls: MlsContext,
  connection: ClientConnection,
  left: number,
): Promise<void> {
  const validity = keyPackageValidity(new Date());
  const fresh: GeneratedKeyPackage[] = [];
  for (let count = left; count < FULL; count++) fresh.push(await generateKeyPackage(mls, validity));
  const lastResort = store.keyPackages.hasLastResort()
    ? undefined
    : await generateKeyPackage(mls, validity, { lastResort: true });
  await store.transaction(() => {
    for (const one of fresh) store.keyPackages.add({ ...one, lastResort: false });
    if (lastResort !== undefined) store.keyPackages.add({ ...lastResort, lastResort: true });
  });
  await connection.request("publish-key-packages", {
    packages: fresh.map(({ message }) => message),
    lastResort: lastResort?.message,
  });
}
