import { backUp } from "../../support/backup_fixture.ts";
import { World } from "../../support/world.ts";

/** Writes `v1.parley` anew; only for another version of the format. */
if (import.meta.main) {
  await using world = await World.open();
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  await world.send(alice, "bob", "hello bob");
  await world.inbox(bob);
  await world.send(bob, "alice", "hello alice");
  const client = await world.client(bob);
  await client.connect();
  await client.people.confirm(await client.people.verification("alice"));
  await world.close(client);
  const offline = await world.client(bob);
  await offline.enqueue("alice", "this waits");
  await world.close(offline);
  await Deno.copyFile(await backUp(world, bob), new URL("v1.parley", import.meta.url));
}
