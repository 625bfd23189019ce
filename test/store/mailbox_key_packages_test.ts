import assert from "node:assert/strict";
import { openTestStore, ref, register } from "../support/mailbox_fixture.ts";

const alice = ref("alice/laptop"), bob = ref("bob/phone");
const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("takeKeyPackage() hands each one-time package out once, oldest first, then the last resort", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop", "bob/phone");
  assert.equal(await test.store.takeKeyPackage(alice), undefined);
  assert.equal(await test.store.publishKeyPackages(alice, [bytes(1), bytes(2)], bytes(9)), 2);
  assert.equal(await test.store.publishKeyPackages(alice, [bytes(3)]), 3);
  const taken = await Promise.all([1, 2].map(() => test.store.takeKeyPackage(alice)));
  assert.deepEqual(taken, [bytes(1), bytes(2)]);
  await test.reopen();
  assert.deepEqual(await test.store.takeKeyPackage(alice), bytes(3));
  assert.equal(await test.store.countKeyPackages(alice), 0);
  assert.deepEqual(await test.store.takeKeyPackage(alice), bytes(9));
  assert.deepEqual(await test.store.takeKeyPackage(alice), bytes(9));
  await test.store.publishKeyPackages(alice, [], bytes(8));
  assert.deepEqual(await test.store.takeKeyPackage(alice), bytes(8));
  assert.equal(await test.store.takeKeyPackage(bob), undefined);
});

Deno.test("publishKeyPackages() adds the same package once, even after it was handed out", async () => {
  await using test = await openTestStore();
  await register(test.store, "alice/laptop");
  await test.store.publishKeyPackages(alice, [bytes(1), bytes(1)]);
  await test.store.takeKeyPackage(alice);
  assert.equal(await test.store.publishKeyPackages(alice, [bytes(1), bytes(2)]), 1);
  assert.deepEqual(await test.store.takeKeyPackage(alice), bytes(2));
  assert.equal(await test.store.takeKeyPackage(alice), undefined);
});

Deno.test("publishKeyPackages() keeps so many and drops the oldest", async () => {
  await using test = await openTestStore({ limits: { maxKeyPackages: 3 } });
  await register(test.store, "alice/laptop");
  assert.equal(await test.store.publishKeyPackages(alice, [1, 2, 3, 4, 5].map((n) => bytes(n))), 3);
  assert.deepEqual(await test.store.takeKeyPackage(alice), bytes(3));
});

Deno.test("reachableDevices() lists devices with a key package until they are dropped", async () => {
  await using test = await openTestStore();
  const { store } = test;
  await register(store, "bob/phone", "alice/laptop", "carol/desk");
  await store.publishKeyPackages(bob, [bytes(1)]);
  await store.publishKeyPackages(alice, [], bytes(2));
  assert.deepEqual(await store.reachableDevices(undefined, 10), [alice, bob]);
  assert.deepEqual(await store.reachableDevices(["bob", "eve"], 10), [bob]);
  assert.deepEqual(await store.reachableDevices([], 10), []);
  assert.deepEqual(await store.reachableDevices(undefined, 1), [alice]);
  await store.dropDevice(bob, "key of bob/phone");
  assert.deepEqual(await store.reachableDevices(undefined, 10), [alice]);
  assert.equal(await store.takeKeyPackage(bob), undefined);
  await assert.rejects(store.publishKeyPackages(bob, [bytes(3)]), { code: "device-unknown" });
});
