import assert from "node:assert/strict";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import { initCa, openCa } from "../../lib/store/mod.ts";
import type { ClientConnection, TlsIdentity } from "../../lib/transport/mod.ts";
import type { DeviceRef, Entry } from "../../lib/wire/mod.ts";
import { fakeMessage, randomId } from "../support/mailbox_fixture.ts";
import { Running } from "../support/parley.ts";
import { connectDevice, createGroup, issueDevice, type TestDevice } from "../support/relay_fixture.ts";

const ROUNDS = 4;
const MESSAGES_PER_ROUND = 400;
const KEY_PACKAGES = 150;

/** A relay as a process of its own, that can be killed and started again. */
class Relay implements AsyncDisposable {
  readonly #folder: string;
  #process: Running | undefined;
  port = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(): Promise<void> {
    const folder = this.#folder;
    const args = ["serve", "--ca", `${folder}/ca`, "--data", `${folder}/relay`, "--listen", "127.0.0.1:0"];
    this.#process = new Running([...args, "--json"], `${folder}/home`);
    this.port = JSON.parse(await this.#process.line((line) => line.includes("listening"))).port;
  }

  async end(signal: Deno.Signal): Promise<number> {
    this.#process?.kill(signal);
    return (await this.#process?.ended())?.code ?? -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}

/** Answers by what was asked, of requests that were answered; the others met the crash. */
async function answered<K, V>(requests: Map<K, Promise<V>>): Promise<Map<K, V>> {
  const answers = new Map<K, V>();
  await Promise.all([...requests].map(async ([key, request]) => {
    try {
      answers.set(key, await request);
    } catch (error) {
      if (!(error instanceof ParleyError) || error.kind !== "network") throw error;
    }
  }));
  return answers;
}

async function readAll(connection: ClientConnection, mailbox: string): Promise<Entry[]> {
  const all: Entry[] = [];
  for (;;) {
    const { entries, head } = await connection.request("sync", { mailbox, after: all.length, limit: 1_000 });
    all.push(...entries);
    if (all.length >= head) return all;
  }
}

Deno.test("a relay that is killed again and again loses nothing it acknowledged and gives nothing twice", async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-crash-" });
  await initCa(`${folder}/ca`, { name: "Crash CA" });
  const ca = openCa(`${folder}/ca`);
  try {
    await using relay = new Relay(folder);
    await relay.start();
    const alice: DeviceRef = { user: "alice", device: "laptop" };
    const identity: TlsIdentity = await issueDevice(ca.authority, alice);
    const connect = (): Promise<TestDevice> => connectDevice(ca.authority, relay.port, alice, identity);

    let device = await connect();
    const packages = Array.from({ length: KEY_PACKAGES }, () => randomId());
    for (const part of [packages.slice(0, 100), packages.slice(100)]) {
      await device.connection.request("publish-key-packages", { packages: part });
    }
    const mailbox = await createGroup(device);
    const acknowledged = new Map<string, number>();
    const taken: string[] = [];
    let unanswered: Uint8Array<ArrayBuffer>[] = [];
    let killedInBurst = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // What was not answered before the crash is sent again under the same id.
      const ids = [...unanswered, ...Array.from({ length: MESSAGES_PER_ROUND }, () => randomId())];
      const { connection } = device;
      const appends = new Map(ids.map((id) => {
        return [id, connection.request("append", { mailbox, id, message: fakeMessage(mailbox, 1, 500) })];
      }));
      const takes = new Map(Array.from({ length: 10 }, (_, index) => {
        return [index, connection.request("take-key-packages", { devices: [alice] })];
      }));
      const [appended, took] = [answered(appends), answered(takes)];
      // In the middle of the burst, at another place each time.
      await appends.get(ids[Math.floor((round + 0.5) / ROUNDS * MESSAGES_PER_ROUND)]!);
      await relay.end("SIGKILL");
      const places = await appended;
      for (const [id, { seq }] of places) {
        const before = acknowledged.get(encodeHex(id));
        assert.ok(before === undefined || before === seq);
        acknowledged.set(encodeHex(id), seq);
      }
      for (const { packages } of (await took).values()) {
        taken.push(...packages.map(({ keyPackage }) => encodeHex(keyPackage)));
      }
      unanswered = ids.filter((id) => !places.has(id));
      if (unanswered.length > 0) killedInBurst++;
      await relay.start();
      device = await connect();
    }
    assert.ok(killedInBurst > 0, "no crash came in the middle of a burst");

    const { connection } = device;
    for (const id of unanswered) {
      const { seq } = await connection.request("append", {
        mailbox,
        id,
        message: fakeMessage(mailbox, 1, 500),
      });
      acknowledged.set(encodeHex(id), seq);
    }
    const entries = await readAll(connection, mailbox);
    assert.deepEqual(entries.map(({ seq }) => seq), entries.map((_, index) => index + 1));
    const messages = entries.filter(({ kind }) => kind === "message");
    assert.equal(messages.length, ROUNDS * MESSAGES_PER_ROUND);
    assert.deepEqual(new Map(messages.map(({ id, seq }) => [encodeHex(id), seq])), acknowledged);

    const devices = [alice];
    for (let last = 1; last > 0;) {
      const { packages } = await connection.request("take-key-packages", { devices });
      taken.push(...packages.map(({ keyPackage }) => encodeHex(keyPackage)));
      last = packages.length;
    }
    assert.equal(new Set(taken).size, taken.length, "a key package was handed out twice");
    assert.ok(taken.length >= KEY_PACKAGES - ROUNDS * 10);
    await connection.close();
    assert.equal(await relay.end("SIGTERM"), 0);
  } finally {
    ca.close();
    await Deno.remove(folder, { recursive: true });
  }
});
