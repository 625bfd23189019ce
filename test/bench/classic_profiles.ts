/**
 * Throughput of the classic systems' servers: `deno run -A test/bench/classic_profiles.ts [COUNT [PROFILE…]]`.
 *
 * A message counts when the client that it is for has decoded it and found the content that was expected; what that
 * is stands in the output. Each server is a process of its own and does all of its work; the sending client reuses
 * what it has encrypted, where the system lets a message be repeated. The rate is that of server and clients
 * together; the processor time is the server's alone, and what remains comparable on a machine that is busy. Lock-step
 * rates depend on where the scheduler puts the two processes: `taskset -c 0 deno run …` holds them still.
 *
 * Where there is `python3`, keyparts is preceded by the bare forwarding loop of its published server (see
 * forwarder.py), under the same load: what the published figures are to be compared with.
 */
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../lib/bytes/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import {
  type Cutter,
  defineDhGroup,
  dhGroup14,
  DhKeyPair,
  encodeFrame,
  formatDhPublicKey,
  frameCutterWith,
  importClient,
  jsonCutter,
  MessageReader,
  parseDhParameters,
  parseDhPublicKey,
  signPss,
} from "../../lib/legacy/core/mod.ts";
import { AwaitingProof, encodeKeyStep, Opcode, type SealedMessage } from "../../lib/legacy/ddes/messages.ts";
import { encodeRequest, replyCutter } from "../../lib/legacy/ddes/original_messages.ts";
import { Suite as DdesSuite } from "../../lib/legacy/ddes/suite.ts";
import { formatMessage } from "../../lib/legacy/dh_aes/messages.ts";
import { Suite as DhAesSuite } from "../../lib/legacy/dh_aes/suite.ts";
import { formatSealed, parseSealed } from "../../lib/legacy/elgamal/messages.ts";
import { serverMessageCutter } from "../../lib/legacy/keyparts/messages.ts";
import { SessionCipher } from "../../lib/legacy/keyparts/suite.ts";
import { makeFolder } from "../legacy/keyparts/support.ts";
import { RawPeer } from "../legacy/support/raw_peer.ts";
import { Running } from "../support/parley.ts";

const WINDOWED = Number(Deno.args[0] ?? 40_000);
const LOCK_STEP = Math.ceil(WINDOWED / 4), WARM = Math.ceil(WINDOWED / 4);
const WINDOW = 64;
/** What Linux counts processor time in. */
const TICKS_PER_SECOND = 100;

/** Sends messages and takes what comes of them. */
interface Load {
  /** Writes so many messages, at once. */
  send(count: number): Promise<void>;
  /** Waits for at least one message; returns how many were decoded. */
  receive(): Promise<number>;
}

/** A server in a process of its own. */
interface Server extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

/** What is measured. */
interface Subject {
  /** What one message is, and what was done when it counts. */
  readonly counts: string;
  readonly start: (dir: string) => Promise<Server>;
  readonly open: (port: number, dir: string) => Promise<Load>;
}

/** Messages decoded in a second, with so many under way, and the server's processor time for one. */
async function measure(load: Load, pid: number, window: number, count: number): Promise<string> {
  const before = await processorMicros(pid), start = performance.now();
  let sent = Math.min(window, count), received = 0;
  await load.send(sent);
  while (received < count) {
    received += await load.receive();
    const free = Math.min(window - (sent - received), count - sent);
    if (free === 0) continue;
    sent += free;
    await load.send(free);
  }
  const perSecond = Math.round(count / ((performance.now() - start) / 1000));
  const after = await processorMicros(pid);
  const cost = before === undefined || after === undefined
    ? ""
    : ` (server ${((after - before) / count).toFixed(1)} µs each)`;
  return `${perSecond}/s${cost}`;
}

/** User and system time of a process until now; undefined where it is not told. */
async function processorMicros(pid: number): Promise<number | undefined> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) * (1_000_000 / TICKS_PER_SECOND);
}

/** Takes messages of a peer, each of which has to be as expected. */
function decoding<M>(
  peer: RawPeer,
  cutter: Cutter<M>,
  check: (message: M, index: number) => boolean,
): Load["receive"] {
  const reader = new MessageReader(peer, { maxMessageBytes: 1 << 20 });
  let index = 0;
  return async () => {
    const first = index;
    let message: M | undefined = await reader.read(cutter);
    for (; message !== undefined; message = reader.take(cutter)) {
      if (!check(message, index++)) throw new Error(`message ${index} is not what was sent`);
    }
    if (index === first) throw new Error("the server has ended the connection");
    return index - first;
  };
}

/** Writes these messages, again and again. */
function cycling(peer: RawPeer, messages: readonly Uint8Array[]): Load["send"] {
  let next = 0;
  return (count) =>
    peer.write(concatBytes(...Array.from({ length: count }, () => messages[next++ % messages.length]!)));
}

async function startParley(dir: string, profile: string, dialect = "documented"): Promise<Server> {
  const args = [
    "--profile",
    profile,
    "--dialect",
    dialect,
    "--dir",
    dir,
    "--listen",
    "127.0.0.1:0",
    "--quiet",
  ];
  const server = new Running(["serve", ...args], dir);
  const line = await server.line((one) => one.startsWith("listening on"));
  return {
    port: Number(line.split(":").at(-1)),
    pid: server.pid,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function startPython(): Promise<Server> {
  const script = new URL("forwarder.py", import.meta.url).pathname;
  const child = new Deno.Command("python3", { args: [script], stdout: "piped" }).spawn();
  const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  return {
    port: Number(value),
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
    },
  };
}

/** Three clients, of which the first speaks and the second opens what it says; the third takes it, too. */
async function keypartsLoad(logIn: (id: string) => Promise<RawPeer>): Promise<Load> {
  const cipher = new SessionCipher(systemRandom(24));
  const texts = Array.from({ length: WINDOW }, (_, i) => String(i).padEnd(100, "x"));
  const one = await logIn("client1"), two = await logIn("client2"), three = await logIn("client3");
  drain(three);
  const cutter = serverMessageCutter((bytes) => cipher.open(bytes));
  const receive = decoding(
    two,
    cutter,
    (message, index) => message.type === "chat" && message.text === texts[index % WINDOW],
  );
  return { receive, send: cycling(one, texts.map((text) => cipher.seal(text, systemRandom))) };
}

async function keypartsParleyLoad(port: number, dir: string): Promise<Load> {
  const keys = await makeFolder(dir);
  const peers = new Map<string, RawPeer>();
  for (const id of keys.keys()) {
    const peer = await RawPeer.connect(port);
    const signature = signPss(keys.get(id)!, encodeUtf8("AUTH_REQUEST"));
    await peer.write(concatBytes(encodeUtf8(`${id}AUTH_REQUEST||`), signature));
    await peer.exactly("AUTH_SUCCESS".length);
    peers.set(id, peer);
  }
  return await keypartsLoad(async (id) => {
    const peer = peers.get(id)!;
    await peer.exactly("START_KEY_EXCHANGE".length);
    return peer;
  });
}

async function caChatLoad(port: number): Promise<Load> {
  const [alice, bob] = await Promise.all(["alice", "bob"].map(async (username) => {
    const peer = await RawPeer.connect(port);
    await peer.write(JSON.stringify({ message_type: "AUTH", username, password: "pw" }));
    await peer.recv();
    return peer;
  }));
  const messages = Array.from({ length: WINDOW }, (_, i) => String(i).padEnd(1288, "A"));
  const send = cycling(
    alice!,
    messages.map((message) =>
      encodeUtf8(JSON.stringify({ message_type: "MESSAGE", message, username: "alice", user: "bob" }))
    ),
  );
  const receive = decoding(bob!, jsonCutter(1 << 16), (json, index) => {
    const { message, user } = JSON.parse(json);
    return user === "bob" && message === messages[index % WINDOW];
  });
  return { send, receive };
}

async function ddesLoad(port: number): Promise<Load> {
  const peer = await RawPeer.connect(port);
  const keys = DhKeyPair.generate(dhGroup14(), systemRandom);
  const awaitingProof = new AwaitingProof(keys, "client", await peer.frame());
  await peer.write(encodeKeyStep(keys.publicValue));
  const channel = awaitingProof.receive(await peer.frame());
  await peer.write(awaitingProof.proof);
  const { content: token } = channel.open(await peer.frame()) as SealedMessage;
  const total = WARM + LOCK_STEP + WINDOWED;
  const requests = Array.from({ length: total }, () => channel.seal(Opcode.aggregate, token)).reverse();
  return {
    send: (count) => peer.write(concatBytes(...requests.splice(-count).reverse())),
    receive: decoding(
      peer,
      frameCutterWith(1024, (body) => channel.open(body)),
      (answer) => typeof answer !== "string" && decodeUtf8(answer.content).trim() === "0",
    ),
  };
}

/** In the original dialect a request may be sent again. */
async function ddesOriginalLoad(port: number): Promise<Load> {
  const peer = await RawPeer.connect(port);
  const { modulus, generator } = parseDhParameters(await peer.text());
  const keys = DhKeyPair.generate(defineDhGroup(modulus, generator), systemRandom);
  await peer.write(formatDhPublicKey(keys.group, keys.publicValue));
  const suite = new DdesSuite(keys.computeSecret(parseDhPublicKey(await peer.text()).value));
  const verification = '{"opcode": 10, "status": "Keys established"}';
  await peer.exactly(verification.length + suite.sessionId.length);
  const receive = decoding(peer, replyCutter(suite), (sum) => sum.trim() === "0");
  return { receive, send: cycling(peer, [encodeRequest(suite, "sum")]) };
}

async function dhAesLoad(port: number): Promise<Load> {
  const [alice, bob] = await Promise.all(["alice", "bob"].map(async (name) => {
    const peer = await RawPeer.connect(port);
    const keys = DhKeyPair.generate(dhGroup14(), systemRandom);
    const suite = DhAesSuite.agree(keys, await peer.frame(), systemRandom);
    await peer.write(concatBytes(encodeFrame(keys.publicValue), suite.seal(name)));
    await peer.frame();
    return { peer, suite };
  }));
  const content = "x".repeat(100);
  drain(alice!.peer);
  return {
    send: cycling(alice!.peer, [
      alice!.suite.seal(formatMessage({ type: "send_message", to: "bob", content })),
    ]),
    receive: decoding(
      bob!.peer,
      frameCutterWith(1 << 16, (body) => JSON.parse(bob!.suite.open(body))),
      (message) => message.type === "new_message" && message.content === content,
    ),
  };
}

/** Takes what comes until the connection ends. */
async function drain(peer: RawPeer): Promise<void> {
  const buffer = new Uint8Array(65_536);
  while (await peer.read(buffer) !== null);
}

async function elgamalLoad(port: number): Promise<Load> {
  const { io } = await importClient();
  const [one, two] = await Promise.all(["one", "two"].map(async () => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
    await new Promise<void>((resolve) => socket.once("KEY_EXCHANGE", () => resolve()));
    return socket;
  }));
  let received = 0, wake = () => {};
  two!.on("received_message", (payload: string) => {
    if (parseSealed(payload).ciphertext.length !== 112) throw new Error("the message is not what was sent");
    received++;
    wake();
  });
  const payload = formatSealed({ ciphertext: systemRandom(112), iv: systemRandom(16) });
  return {
    async receive() {
      if (received === 0) await new Promise<void>((resolve) => wake = resolve);
      const count = received;
      received = 0;
      return count;
    },
    send(count) {
      for (let i = 0; i < count; i++) one!.emit("message", payload);
      return Promise.resolve();
    },
  };
}

const KEYPARTS =
  "messages of 100 bytes forwarded to two others; one of them decrypts it and checks hash and text";

/** By profile and, where it is not the default, dialect. */
const subjects: Record<string, Subject> = {
  "keyparts (bare loop in Python)": {
    counts: `${KEYPARTS}; nothing is authenticated`,
    start: startPython,
    open: (port) => keypartsLoad(() => RawPeer.connect(port)),
  },
  "keyparts": {
    counts: KEYPARTS,
    start: (dir) => startParley(dir, "keyparts"),
    open: keypartsParleyLoad,
  },
  "ca-chat": {
    counts: "messages of 1,359 bytes relayed to one other, which parses the JSON and compares its members",
    start: (dir) => startParley(dir, "ca-chat"),
    open: caChatLoad,
  },
  "ddes": {
    counts:
      "sums asked for; the client checks the answer's HMAC and counter, decrypts it and compares the sum",
    start: (dir) => startParley(dir, "ddes"),
    open: ddesLoad,
  },
  "ddes original": {
    counts: "sums asked for; the client checks the answer's HMAC, decrypts it and compares the sum",
    start: (dir) => startParley(dir, "ddes", "original"),
    open: ddesOriginalLoad,
  },
  "dh-aes": {
    counts: "messages of 100 bytes, each with a status to its sender; the recipient decrypts and compares it",
    start: (dir) => startParley(dir, "dh-aes"),
    open: dhAesLoad,
  },
  "elgamal original": {
    counts: "messages of 112 bytes of ciphertext relayed over WebSocket to one other, which parses them",
    start: (dir) => startParley(dir, "elgamal", "original"),
    open: elgamalLoad,
  },
};

const chosen = Deno.args.slice(1);
for (const [name, { counts, start, open }] of Object.entries(subjects)) {
  if (chosen.length > 0 && !chosen.includes(name.split(" ")[0]!)) continue;
  const dir = await Deno.makeTempDir();
  try {
    await using server = await start(dir);
    const load = await open(server.port, dir);
    await measure(load, server.pid, WINDOW, WARM);
    const lockStep = await measure(load, server.pid, 1, LOCK_STEP);
    const windowed = await measure(load, server.pid, WINDOW, WINDOWED);
    console.log(`${name}: lock-step ${lockStep}, window of ${WINDOW} ${windowed}\n  counts ${counts}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`${name}: left out, there is no python3`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
Deno.exit(0);
