import { UsageError } from "../errors/mod.ts";
import { formatIpAddress, parseIpAddress } from "./ip_address.ts";

/** A name under which a server is reached, as it stands in a certificate. */
export interface ServerName {
  /** A DNS name or an IP address. */
  type: "dns" | "ip";
  /** The DNS name in lower case, or the address in its canonical form. */
  text: string;
}

const LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
const DNS_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

/**
 * Parses a DNS name or an IP address (IPv6 without brackets). Wildcards are no names of servers.
 *
 * @throws {UsageError} `server-name-malformed`
 */
export function parseServerName(text: string): ServerName {
  const address = text.length <= 253 ? parseIpAddress(text) : undefined;
  if (address !== undefined) return { type: "ip", text: formatIpAddress(address) };
  const name = text.toLowerCase();
  // A name of digits and dots is a mistyped address: no resolver would ask DNS for it.
  if (text.length <= 253 && DNS_NAME.test(name) && !/^[0-9.]+$/.test(name)) {
    return { type: "dns", text: name };
  }
  throw new UsageError(
    "server-name-malformed",
    `not a DNS name or IP address: ${JSON.stringify(text.slice(0, 80))}`,
  );
}
