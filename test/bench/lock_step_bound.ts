/**
 * How many round trips a second a bare echo reaches, which is what bounds every lock-step figure of
 * `parley bench profiles`: `deno run -A test/bench/lock_step_bound.ts [COUNT]`. Echo servers in Deno and, where there is
 * one, Python; the client and the server on one core and on two, where `taskset` can say so.
 */
const COUNT = Number(Deno.args[0] ?? 10_000);
const MESSAGE = new Uint8Array(60).fill(120);

const DENO_ECHO = `
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
const conn = await listener.accept();
conn.setNoDelay(true);
const buffer = new Uint8Array(4096);
for (let n; (n = await conn.read(buffer)) !== null;) await conn.write(buffer.subarray(0, n));
`;
const PYTHON_ECHO = `
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
conn, _ = listener.accept()
conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := conn.recv(4096):
    conn.sendall(data)
`;
const SERVERS: Record<string, string[]> = {
  "Deno": [Deno.execPath(), "eval", DENO_ECHO],
  "Python": ["python3", "-c", PYTHON_ECHO],
};

/** Whether a program is there and does what it is asked. */
async function runs(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function measure([command = "", ...args]: string[]): Promise<number> {
  const server = new Deno.Command(command, { args, stdin: "null", stdout: "piped" }).spawn();
  const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await lines.read()).value);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  const buffer = new Uint8Array(4096);
  const roundTrips = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await conn.write(MESSAGE);
      await conn.read(buffer);
    }
  };
  await roundTrips(COUNT / 4);
  const start = performance.now();
  await roundTrips(COUNT);
  const perSecond = Math.round(COUNT / ((performance.now() - start) / 1000));
  conn.closeWrite();
  await server.status;
  await lines.cancel();
  return perSecond;
}

const pinned = await runs("taskset", "-cp", "0", String(Deno.pid));
const cores = pinned
  ? { "one core": ["taskset", "-c", "0"], "two cores": ["taskset", "-c", "1"] }
  : { "": [] };
for (const [name, server] of Object.entries(SERVERS)) {
  if (!await runs(server[0]!, "--version")) continue;
  for (const [where, prefix] of Object.entries(cores)) {
    console.log(`bare echo in ${name}${where && `, ${where}`}: ${await measure([...prefix, ...server])}/s`);
  }
}
