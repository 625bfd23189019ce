import assert from "node:assert/strict";
import { World } from "../../support/world.ts";
import { secretOf } from "./group_world.ts";

const MEMBERS = 20;

Deno.test("20 members commit at the same instant: none gives up, and all converge on one epoch and one secret", async () => {
  await using world = await World.open();
  const refs = await Promise.all(Array.from({ length: MEMBERS }, (_, i) => world.enrol(`user${i}/laptop`)));
  const clients = await Promise.all(refs.map(async (ref) => {
    const client = await world.client(ref);
    await client.connect();
    return client;
  }));
  const { id } = await clients[0]!.groups.create("all", refs.slice(1).map(({ user }) => user));
  await Promise.all(clients.map((client) => client.catchUp()));
  await Promise.all(clients.map((client) => client.groups.refresh(id)));
  await Promise.all(clients.map((client) => client.catchUp()));
  const secrets = await Promise.all(refs.map((ref) => secretOf(world, ref, id)));
  assert.equal(new Set(secrets.map(({ secret }) => secret)).size, 1);
  // Each of them has won an epoch of its own.
  assert.deepEqual(new Set(secrets.map(({ epoch }) => epoch)), new Set([1 + MEMBERS]));
  assert.deepEqual(world.warnings, []);
});
