import assert from "node:assert/strict";
import { formatRelayAddress, parseRelayAddress, parseServerName } from "../../lib/pki/mod.ts";

Deno.test("parseRelayAddress() reads names and addresses and makes them canonical", () => {
  const cases: [string, string, number, string][] = [
    ["relay.example.org:7443", "relay.example.org", 7443, "relay.example.org:7443"],
    ["Relay.Example.ORG:1", "relay.example.org", 1, "relay.example.org:1"],
    ["127.0.0.1:65535", "127.0.0.1", 65535, "127.0.0.1:65535"],
    ["[::1]:7443", "::1", 7443, "[::1]:7443"],
    ["[2001:DB8:0:0::1]:7443", "2001:db8::1", 7443, "[2001:db8::1]:7443"],
  ];
  for (const [text, host, port, canonical] of cases) {
    assert.deepEqual(parseRelayAddress(text), { host, port });
    assert.equal(formatRelayAddress({ host, port }), canonical);
  }
});

Deno.test("parseRelayAddress() refuses what is no address of a relay", () => {
  const bad = [
    "",
    "host",
    "host:",
    ":7443",
    "host:0",
    "host:65536",
    "host:07",
    "host:7443 ",
    "::1:7443",
    "[127.0.0.1]:7443",
    "[::1]",
    "[::g]:1",
    "ho st:1",
    "a..b:1",
    "-a:1",
    "1.2.3:1",
    "user@host:1",
    "*.example.org:1",
    "ä.example:1",
  ];
  for (const text of bad) {
    assert.throws(() => parseRelayAddress(text), { code: "relay-address-malformed" }, text);
  }
});

Deno.test("parseServerName() tells names from addresses", () => {
  assert.deepEqual(parseServerName("LOCALHOST"), { type: "dns", text: "localhost" });
  assert.deepEqual(parseServerName("0:0::1"), { type: "ip", text: "::1" });
  for (const text of ["*.example.org", "", "1.2.3.4.5", "a b", "a".repeat(254), "x".repeat(64)]) {
    assert.throws(() => parseServerName(text), { code: "server-name-malformed" }, text);
  }
});
