/**
 * Measures the transport with the relay in a process of its own:
 *
 *     deno run --allow-net --allow-read --allow-run --allow-env --allow-sys test/bench/transport.ts
 *
 * Echo requests a second over one connection with 256 in flight and with 1, the first exchange on a new
 * connection, and the relay's memory for each idle connection.
 */
import { AuthenticationError } from "../../lib/errors/mod.ts";
import { type ClientConnection, dial, listen, type TlsIdentity } from "../../lib/transport/mod.ts";
import { makeTestCa } from "../support/certificates.ts";
import { answering, echo, MAILBOX } from "../transport/network.ts";

const CONNECTIONS = 2_000;
const REQUESTS = 100_000;

/** What the relay's process is told on its standard input. */
interface RelaySetup {
  identity: TlsIdentity;
  clientAuthorities: string;
}

async function serve(): Promise<void> {
  const setup = JSON.parse(await new Response(Deno.stdin.readable).text()) as RelaySetup;
  const listener = await listen({
    ...setup,
    hostname: "127.0.0.1",
    port: 0,
    checkClient: (chain) => {
      if (chain.length === 0) throw new AuthenticationError("certificate-missing", "no certificate");
      return { serial: "00", notAfter: new Date(), fingerprint: "00" };
    },
    onConnection: (connection) =>
      connection.handle(answering({
        ...echo,
        append: ({ message }) => ({ seq: 1, time: message.length === 1 ? Deno.memoryUsage().rss : 0 }),
      })),
    limits: { maxConnectionsPerAddress: 10_000 },
  });
  console.log(listener.address.port);
}

async function measure(): Promise<void> {
  const ca = await makeTestCa();
  const [relay, alice] = await Promise.all([ca.server(["127.0.0.1"]), ca.device("alice", "laptop")]);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", import.meta.filename!, "serve"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const stdin = new Response(JSON.stringify({ identity: relay, clientAuthorities: ca.authoritiesPem }));
  await stdin.body!.pipeTo(child.stdin);
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await output.read()).value);
  const connect = () => dial({ host: "127.0.0.1", port, identity: alice, checkServer: ca.check("server") });

  const client = await connect();
  await pipelined(client, 10_000, 256);
  for (const inFlight of [1, 16, 256]) {
    const began = performance.now();
    const count = inFlight === 1 ? REQUESTS / 10 : REQUESTS;
    await pipelined(client, count, inFlight);
    const perSecond = count / (performance.now() - began) * 1_000;
    console.log(`echo of 1 KB, ${inFlight} in flight: ${Math.round(perSecond)} requests a second`);
  }
  await firstExchange(connect);
  await idleMemory(client, connect);
  await client.close();
  child.kill();
  await child.status;
}

async function pipelined(client: ClientConnection, count: number, inFlight: number): Promise<void> {
  const fields = { mailbox: MAILBOX, id: new Uint8Array(16), message: new Uint8Array(1_024) };
  let left = count;
  const worker = async () => {
    while (left-- > 0) await client.request("append", fields);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function firstExchange(connect: () => Promise<ClientConnection>): Promise<void> {
  const handshakes: number[] = [], exchanges: number[] = [];
  for (let i = 0; i < 50; i++) {
    const began = performance.now();
    const connection = await connect();
    const connected = performance.now();
    await connection.request("hello", { version: 1, agent: "bench" });
    exchanges.push(performance.now() - connected);
    handshakes.push(connected - began);
    await connection.close();
  }
  console.log(`connecting: ${spread(handshakes)}; first exchange after it: ${spread(exchanges)}`);
}

async function idleMemory(client: ClientConnection, connect: () => Promise<ClientConnection>): Promise<void> {
  const fields = { mailbox: MAILBOX, id: new Uint8Array(16), message: new Uint8Array(1) };
  const before = (await client.request("append", fields)).time;
  const idle: ClientConnection[] = [];
  while (idle.length < CONNECTIONS) idle.push(...await Promise.all(Array.from({ length: 50 }, connect)));
  const after = (await client.request("append", fields)).time;
  const each = (after - before) / CONNECTIONS / 1_024;
  console.log(`${CONNECTIONS} idle connections: ${each.toFixed(1)} KB of the relay's memory each`);
  await Promise.all(idle.map((connection) => connection.close()));
}

function spread(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(times.length * part)]!.toFixed(2);
  return `median ${at(0.5)} ms, p90 ${at(0.9)} ms`;
}

if (Deno.args[0] === "serve") await serve();
else await measure();
