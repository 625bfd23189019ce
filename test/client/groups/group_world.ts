import assert from "node:assert/strict";
import { encodeHex } from "../../../lib/bytes/mod.ts";
import type { Client, GroupSummary } from "../../../lib/client/mod.ts";
import { CellCipher, ClientStore } from "../../../lib/store/mod.ts";
import { exportSecret, GroupEpoch, type MlsContext, openMlsContext } from "../../../lib/mls/mod.ts";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import { type Identity, openIdentity } from "../../../lib/client/identity.ts";
import { type ClientConnection, dial } from "../../../lib/transport/mod.ts";
import { readCredential } from "../../../lib/client/trust.ts";
import type { DeviceRef } from "../../../lib/wire/mod.ts";
import type { World } from "../../support/world.ts";

/** Opens a client, connects it, does something and closes it, as one command does. */
export async function withClient<T>(
  world: World,
  ref: DeviceRef,
  work: (client: Client) => Promise<T> | T,
): Promise<T> {
  const client = await world.client(ref);
  try {
    await client.connect();
    await client.catchUp();
    return await work(client);
  } finally {
    await world.close(client);
  }
}

/** A group that alice has made of herself and others, each with one device. */
export interface Team {
  alice: DeviceRef;
  bob: DeviceRef;
  id: string;
  /** As it was when it was made. */
  made: GroupSummary;
}

/** Enrols alice and bob, and has her make the group `team`. */
export async function makeTeamOfTwo(world: World): Promise<Team> {
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  const made = await withClient(world, alice, (client) => client.groups.create("team", ["bob"]));
  return { alice, bob, id: made.id, made };
}

/** Enrols alice, bob and carol, and has alice make the group `team`. */
export async function makeTeamOfThree(world: World): Promise<Team & { carol: DeviceRef }> {
  const [alice, bob] = [await world.enrol("alice/laptop"), await world.enrol("bob/phone")];
  const carol = await world.enrol("carol/phone");
  const made = await withClient(world, alice, (client) => client.groups.create("team", ["bob", "carol"]));
  return { alice, bob, carol, id: made.id, made };
}

/** Sends a text to a group. */
export function say(world: World, from: DeviceRef, group: string, text: string): Promise<void> {
  return withClient(world, from, async (client) => {
    const sent = await client.composer.enqueue(client.groups.resolve(group), { type: "text", text });
    await client.deliver(sent.conversation);
  });
}

/** What stands behind a client: to look into it, and to do what no client does. */
export interface Insides extends AsyncDisposable {
  store: ClientStore;
  mls: MlsContext;
  identity: Identity;
}

/** Opens an identity's store beside its client. */
export async function openInsides(world: World, ref: DeviceRef): Promise<Insides> {
  const noPassphrase = () => Promise.reject(new Error("there is no passphrase"));
  const identity = await openIdentity(world.home, ref, noPassphrase, () => new Date());
  const { mls: own, storageKey, trust } = identity;
  const checkCredential = (certificates: Uint8Array[]) => trust.checkCredential(certificates);
  const mls = await openMlsContext({ random: systemRandom, identity: own, checkCredential, readCredential });
  const cipher = new CellCipher(storageKey.expose(), systemRandom);
  const store = ClientStore.open(world.folderOf(ref), { cipher, holder: "test" });
  return { store, mls, identity, [Symbol.asyncDispose]: () => store.close() };
}

/** The epoch of a conversation on a device, and a secret that all members of it share. */
export async function secretOf(
  world: World,
  ref: DeviceRef,
  mailbox: string,
): Promise<{ epoch: number; secret: string }> {
  await using insides = await openInsides(world, ref);
  const epoch = GroupEpoch.decode(insides.store.groups.epoch(mailbox)!);
  const options = { label: "test", context: new Uint8Array(), length: 32 };
  return { epoch: epoch.number, secret: encodeHex(await exportSecret(insides.mls, epoch, options)) };
}

/** Asserts that devices are in the same epoch of a conversation, with the same secret. */
export async function assertOneSecret(world: World, refs: DeviceRef[], mailbox: string): Promise<void> {
  const [first, ...others] = await Promise.all(refs.map((one) => secretOf(world, one, mailbox)));
  for (const other of others) assert.deepEqual(other, first);
}

/** Connects as a device and says hello, without a client. */
export async function rawConnection(world: World, ref: DeviceRef): Promise<ClientConnection> {
  await using insides = await openInsides(world, ref);
  const { facts, tls, trust } = insides.identity;
  const connection = await dial({
    host: facts.host,
    port: facts.port,
    identity: tls,
    checkServer: trust.checkServer(facts.host),
  });
  await connection.request("hello", { version: 1, agent: "test" });
  return connection;
}
