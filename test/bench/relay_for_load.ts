/**
 * Starts a relay for a load generator from outside, which measures it beside other brokers: as many conversations of
 * two devices as asked for, with certificate chain and key of each device in FOLDER/PAIR-1.pem (who writes) and
 * FOLDER/PAIR-2.pem (who watches) and the name `group:` and the pair's number as 32 hexadecimal digits. It prints
 * `ready PORT` and runs until it is told to stop. Pin it and the generator to a core each:
 *
 *     taskset -c 0 deno run --allow-all test/bench/relay_for_load.ts PAIRS FOLDER [PORT]
 *
 * With STATS=1 it tells each second on standard error how many transactions it made, of how many messages.
 */
import { initCa, openCa, SqliteMailboxStore } from "../../lib/store/mod.ts";
import { startRelay } from "../../lib/relay/mod.ts";
import { fakeCommit, fakeWelcome, randomId } from "../support/mailbox_fixture.ts";
import { connectDevice, issueDevice } from "../support/relay_fixture.ts";

const [pairs = 10, folder = "", port = 0] = [
  Number(Deno.args[0]),
  Deno.args[1],
  Number(Deno.args[2] ?? 0),
];
if (folder === "") throw new Error("usage: relay_for_load.ts PAIRS FOLDER [PORT]");

const home = await Deno.makeTempDir({ prefix: "parley-load-" });
await initCa(`${home}/ca`, { name: "Load" });
const ca = openCa(`${home}/ca`);
if (Deno.env.has("STATS")) tellTransactions();
const relay = await startRelay({
  ca,
  data: `${home}/relay`,
  hostname: "127.0.0.1",
  port,
  names: ["localhost", "127.0.0.1"],
  log: { info() {}, error: (message, properties) => console.error(message, properties) },
  limits: { connections: { maxConnectionsPerAddress: 20_000 }, maxConnectionsPerDevice: 20_000 },
});
await Deno.mkdir(folder, { recursive: true });
for (let pair = 0; pair < pairs; pair++) await prepare(pair);
console.log(`ready ${relay.address.port}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => void stop());

async function prepare(pair: number): Promise<void> {
  const writer = { user: `u${pair}`, device: "d1" }, reader = { user: `u${pair}`, device: "d2" };
  const mailbox = `group:${pair.toString(16).padStart(32, "0")}`;
  for (const device of [reader, writer]) {
    const identity = await issueDevice(ca.authority, device);
    const file = `${folder}/${pair}-${device.device.slice(1)}.pem`;
    await Deno.writeTextFile(file, identity.certificatesPem + identity.keyPem, { mode: 0o600 });
    const { connection } = await connectDevice(ca.authority, relay.address.port, device, identity);
    if (device === writer) {
      const commit = { commit: fakeCommit(mailbox, 0), add: [reader], remove: [], welcome: fakeWelcome() };
      await connection.request("commit", { mailbox, id: randomId(), ...commit });
    }
    await connection.close();
  }
}

function tellTransactions(): void {
  let transactions = 0, messages = 0;
  const { onEntries } = SqliteMailboxStore.prototype;
  SqliteMailboxStore.prototype.onEntries = function (listener) {
    onEntries.call(this, (batch) => {
      transactions++;
      for (const { first, last } of batch) messages += last - first + 1;
      listener(batch);
    });
  };
  Deno.unrefTimer(setInterval(() => {
    if (transactions > 0) {
      console.error(`${transactions} transactions of ${(messages / transactions).toFixed(1)} messages`);
    }
    transactions = messages = 0;
  }, 1_000));
}

async function stop(): Promise<void> {
  await relay.close();
  ca.close();
  await Deno.remove(home, { recursive: true });
  Deno.exit(0);
}
