import { toParleyError } from "../errors/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import type { ClientCore } from "./client_core.ts";

/** A clock that is set may bring the time nearer; a timer bears no more than 24 days. */
const MAX_DELAY_MS = 60 * 60_000;
const RETRY_MS = 60_000;

/**
 * Renews the certificate when the time has come, for as long as the connection lasts. Whenever it was renewed,
 * `onRenewed` is called within {@link ClientCore.serially}.
 */
export function renewInTime(
  core: ClientCore,
  connection: ClientConnection,
  onRenewed: () => Promise<void>,
): void {
  const dueInMs = core.link.renewalDueInMs();
  // It is past where the last attempt has failed.
  const delayMs = dueInMs > 0 ? Math.min(dueInMs, MAX_DELAY_MS) : RETRY_MS;
  const renew = async () => {
    if (await core.link.renewIfDue(connection)) await onRenewed();
  };
  const timer = setTimeout(async () => {
    await core.serially(renew).catch((error) => core.warn(toParleyError(error)));
    if (core.link.connection === connection) renewInTime(core, connection, onRenewed);
  }, delayMs);
  void connection.closed.then(() => clearTimeout(timer));
}
