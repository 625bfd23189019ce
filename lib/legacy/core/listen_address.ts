import { UsageError } from "../../errors/mod.ts";

/**
 * Admits an address that a classic system may listen on. All of them are weak, so it has to be loopback unless
 * the operator insists.
 *
 * @throws {UsageError} `insecure-address`
 */
export function assertListenAddress(hostname: string, allowInsecure: boolean): void {
  if (allowInsecure || isLoopback(hostname)) return;
  throw new UsageError("insecure-address", `a classic system is not served on ${hostname}: it is weak`, {
    hint: "listen on 127.0.0.1, or accept the weaknesses with --allow-insecure",
  });
}

/** Whether only this machine can reach an address. A name other than `localhost` may resolve to anything. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return host === "localhost" || host === "::1" || /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host);
}
