import { parseRelayAddress } from "../lib/pki/mod.ts";

/**
 * Parses where to listen: as a relay's address, but the port may be 0.
 *
 * @throws {UsageError} relay-address-malformed
 */
export function parseListenAddress(text: string): { host: string; port: number } {
  const isAny = text.endsWith(":0");
  const { host, port } = parseRelayAddress(isAny ? `${text.slice(0, -1)}1` : text);
  return { host, port: isAny ? 0 : port };
}
