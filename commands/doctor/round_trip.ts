import { join } from "node:path";
import { Client, enroll } from "../../lib/client/mod.ts";
import { InternalError, ParleyError } from "../../lib/errors/mod.ts";
import { type Relay, startRelay } from "../../lib/relay/mod.ts";
import { type CaFolder, initCa, openCa } from "../../lib/store/mod.ts";
import type { DeviceRef } from "../../lib/wire/mod.ts";
import { printable } from "../printable.ts";
import { agent } from "../version.ts";
import { fail, type Finding, ok } from "./finding.ts";

const HOST = "127.0.0.1";
const TEXT = "known only to the two of us";

/**
 * Does the whole job in a temporary folder: an authority, a relay on a free port of this machine, two devices
 * that enrol, a group of both, and a message from one to the other.
 */
export async function checkRoundTrip(signal: AbortSignal): Promise<Finding> {
  const check = "round trip: authority, relay, enrolment, group, message";
  const folder = await Deno.makeTempDir({ prefix: "parley-doctor-" });
  const began = performance.now();
  try {
    await runThrough(folder, signal);
    return ok(check, `done in ${Math.round(performance.now() - began)} ms`);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    return fail(
      check,
      printable(error.message),
      printable(error.hint ?? "PARLEY_DEBUG=1 shows where it happened"),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runThrough(folder: string, signal: AbortSignal): Promise<void> {
  await initCa(join(folder, "ca"), { name: "parley doctor" });
  using ca = openCa(join(folder, "ca"), {});
  const failures: string[] = [];
  const log = { info: () => {}, error: (message: string) => void failures.push(message) };
  const relay = await startRelay({
    ca,
    data: join(folder, "relay"),
    hostname: HOST,
    port: 0,
    names: [HOST],
    log,
  });
  try {
    await exchange(folder, ca, relay, signal);
  } finally {
    await relay.close();
  }
  if (failures.length > 0) throw new InternalError(`the relay reports: ${failures[0]}`);
}

async function exchange(folder: string, ca: CaFolder, relay: Relay, signal: AbortSignal): Promise<void> {
  const home = join(folder, "home");
  const enrol = async (user: string): Promise<DeviceRef> => {
    const { invite } = ca.authority.createInvite({ user, relay: { host: HOST, port: relay.address.port } });
    return await enroll({ home, right: { kind: "invite", invite }, device: "device", agent, signal });
  };
  const alice = await enrol("alice"), bob = await enrol("bob");
  await online(home, bob, signal, () => Promise.resolve()); // which publishes its keys
  await online(home, alice, signal, async (client) => {
    await client.deliverSent(await client.enqueue(bob.user, TEXT));
  });
  await online(home, bob, signal, async (client) => {
    await client.catchUp();
    const [received] = client.history.unread();
    if (received?.text !== TEXT) throw new InternalError("the message did not arrive as it was sent");
  });
}

/** Works as one device that is connected. */
async function online(
  home: string,
  identity: DeviceRef,
  signal: AbortSignal,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = await Client.open({
    home,
    identity,
    passphrase: () => Promise.reject(new InternalError("a key without a passphrase asks for one")),
    holder: `parley doctor (pid ${Deno.pid})`,
    agent,
    onWarning: (error) => {
      throw error;
    },
  });
  try {
    await client.connect(signal);
    await work(client);
  } finally {
    await client.close();
  }
}
