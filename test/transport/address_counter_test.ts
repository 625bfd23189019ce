import assert from "node:assert/strict";
import { AddressCounter } from "../../lib/transport/address_counter.ts";

Deno.test("AddressCounter counts IPv4 addresses apart, also when they are mapped into IPv6", () => {
  const counter = new AddressCounter();
  counter.add("192.0.2.1");
  counter.add("::ffff:192.0.2.1");
  assert.equal(counter.count("192.0.2.1"), 2);
  assert.equal(counter.count("192.0.2.2"), 0);
});

Deno.test("AddressCounter counts IPv6 addresses by their first 64 bits", () => {
  const counter = new AddressCounter();
  counter.add("2001:db8:0:1::1");
  counter.add("2001:db8:0:1:ffff:1:2:3");
  counter.add("2001:db8::1:0:0:0:9");
  assert.equal(counter.count("2001:db8:0:1:9::"), 3);
  assert.equal(counter.count("2001:db8:0:2::1"), 0);
  counter.add("fe80::1%eth0");
  assert.equal(counter.count("fe80::2%eth1"), 1);
  counter.add("::1");
  assert.equal(counter.count("::1"), 1);
});

Deno.test("AddressCounter forgets what is removed", () => {
  const counter = new AddressCounter();
  counter.add("192.0.2.1");
  counter.add("192.0.2.1");
  counter.remove("192.0.2.1");
  assert.deepEqual([counter.count("192.0.2.1"), counter.total], [1, 1]);
  counter.remove("192.0.2.1");
  assert.deepEqual([counter.count("192.0.2.1"), counter.total], [0, 0]);
});
