import { UsageError } from "../errors/mod.ts";
import { parseServerName } from "./server_name.ts";

/** Where a relay is reached. */
export interface RelayAddress {
  /** A DNS name in lower case, or an IP address in its canonical form, without brackets. */
  host: string;
  /** A TCP port from 1 to 65535. */
  port: number;
}

/**
 * Parses `HOST:PORT`; an IPv6 address stands in brackets.
 *
 * @throws {UsageError} `relay-address-malformed`
 */
export function parseRelayAddress(text: string): RelayAddress {
  const [, ipv6, name, port] =
    /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([^:[\]]{1,253})):([1-9][0-9]{0,4})$/.exec(text) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port) > 65_535) throw malformed(text);
  try {
    const { text: canonical } = parseServerName(host);
    if (ipv6 !== undefined && !canonical.includes(":")) throw malformed(text);
    return { host: canonical, port: Number(port) };
  } catch {
    throw malformed(text);
  }
}

/** Formats `HOST:PORT`, an IPv6 address in brackets. */
export function formatRelayAddress({ host, port }: RelayAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function malformed(text: string): UsageError {
  return new UsageError(
    "relay-address-malformed",
    `not a relay address: ${JSON.stringify(text.slice(0, 80))}`,
    {
      hint: "expected HOST:PORT, such as relay.example.org:7443 or [::1]:7443",
    },
  );
}
