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

/** What key packages of this version say that they are able to; others are replaced. */
const FORM = 2;

/** Whether the relay has few key packages left, or has those of a certificate that was renewed since. */
export function needsKeyPackages(store: ClientStore, left: number, serial: string): boolean {
  return left < LOW || store.facts.get("key-packages") !== toForm(serial);
}

/**
 * Makes key packages, keeps their private keys, and publishes them. The first time that it does so with a
 * certificate they take the place of all that are there, and a last-resort one goes with them, which the relay
 * hands out when all others are gone. Private keys are kept until a welcome has used them: one may be on its way.
 *
 * @param left How many the relay has left
 * @param serial The serial number of the present certificate
 */
export async function publishKeyPackages(
  store: ClientStore,
  mls: MlsContext,
  connection: ClientConnection,
  { left, serial }: { left: number; serial: string },
): Promise<void> {
  // Not the client's clock: ts-mls compares with the system's.
  const validity = keyPackageValidity(new Date());
  const replace = store.facts.get("key-packages") !== toForm(serial);
  const fresh: GeneratedKeyPackage[] = [];
  for (let count = replace ? 0 : left; count < FULL; count++) {
    fresh.push(await generateKeyPackage(mls, validity));
  }
  const lastResort = replace ? await generateKeyPackage(mls, validity, { lastResort: true }) : undefined;
  await store.transaction(() => {
    for (const one of fresh) store.keyPackages.add({ ...one, lastResort: false });
    if (lastResort !== undefined) store.keyPackages.add({ ...lastResort, lastResort: true });
  });
  await connection.request("publish-key-packages", {
    packages: fresh.map(({ message }) => message),
    lastResort: lastResort?.message,
    replace,
  });
  if (replace) await store.transaction(() => store.facts.set("key-packages", toForm(serial)));
}

function toForm(serial: string): string {
  return `${serial} ${FORM}`;
}
