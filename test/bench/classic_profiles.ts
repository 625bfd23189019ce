/**
 * Throughput of the classic systems' servers: `deno run -A test/bench/classic_profiles.ts [COUNT]`. Each server is
 * a process of its own and does all of its work; the clients here reuse what they have encrypted.
 */
import { concatBytes, encodeUtf8 } from "../../lib/bytes/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { defineDhGroup, dhGroup14, DhKeyPair, signPss } from "../../lib/legacy/core/mod.ts";
import { formatDhPublicKey, parseDhParameters, parseDhPublicKey } from "../../lib/legacy/ddes/dh_pem.ts";
import {
  decodeKeyStep,
  encodeKeyStep,
  Opcode,
  SealedChannel,
  type SealedMessage,
  signKeyProof,
} from "../../lib/legacy/ddes/messages.ts";
import { encodeReply, encodeRequest } from "../../lib/legacy/ddes/original_messages.ts";
import { Suite } from "../../lib/legacy/ddes/suite.ts";
import { AwaitingPublicValue } from "../../lib/legacy/dh_aes/handshake.ts";
import { formatMessage } from "../../lib/legacy/dh_aes/messages.ts";
import { formatSealed } from "../../lib/legacy/elgamal/messages.ts";
import { importClient } from "../../lib/legacy/elgamal/socket_io.ts";
import { SessionCipher } from "../../lib/legacy/keyparts/suite.ts";
import { makeFolder } from "../legacy/keyparts/support.ts";
import { RawPeer } from "../legacy/support/raw_peer.ts";
import { Running } from "../support/parley.ts";

const WINDOWED = Number(Deno.args[0] ?? 40_000);
const LOCK_STEP = Math.ceil(WINDOWED / 8), WARM = Math.ceil(WINDOWED / 4);
const WINDOW = 64;

/** Sends requests and reads what comes of them; `bytesPerRequest` is how much comes of one. */
interface Load {
  send(count: number): Promise<void>;
  readonly reader: Pick<RawPeer, "recv">;
  readonly bytesPerRequest: number;
}

/** Requests done in a second, with so many under way, over `count` requests. */
async function measure(load: Load, window: number, count: number): Promise<number> {
  const start = performance.now();
  let sent = Math.min(window, count), received = 0;
  await load.send(sent);
  while (received < count * load.bytesPerRequest) {
    const chunk = await load.reader.recv(Math.min(window * load.bytesPerRequest, 65_536));
    if (chunk.length === 0) throw new Error("the server has ended the connection");
    received += chunk.length;
    const under = sent - Math.floor(received / load.bytesPerRequest);
    const free = Math.min(window - under, count - sent);
    if (free === 0) continue;
    sent += free;
    await load.send(free);
  }
  return Math.round(count / ((performance.now() - start) / 1000));
}

async function startServer(name: string, dir: string): Promise<{ server: Running; port: number }> {
  const [profile = "", dialect = "documented"] = name.split(" ");
  const server = new Running([
    "serve",
    "--profile",
    profile,
    "--dialect",
    dialect,
    "--dir",
    dir,
    "--listen",
    "127.0.0.1:0",
    "--quiet",
  ], dir);
  const line = await server.line((one) => one.startsWith("listening on"));
  return { server, port: Number(line.split(":").at(-1)) };
}

/** Sums: each is a message verified, decrypted, and an answer encrypted and authenticated. */
async function ddesLoad(port: number): Promise<Load> {
  const peer = await RawPeer.connect(port);
  const keys = DhKeyPair.generate(dhGroup14(), systemRandom);
  const server = decodeKeyStep(await peer.frame(), 256);
  const suite = new Suite(keys.computeSecret(server));
  await peer.write(encodeKeyStep(keys.publicValue));
  await peer.frame();
  await peer.write(encodeKeyStep(signKeyProof(suite, "client", { server, client: keys.publicValue })));
  const channel = new SealedChannel(suite, "client");
  const { content: token } = channel.open(await peer.frame()) as SealedMessage;
  const answer = 4 + 1 + 8 + 8 + 32;
  const total = WARM + LOCK_STEP + WINDOWED;
  const requests = Array.from({ length: total }, () => channel.seal(Opcode.aggregate, token)).reverse();
  return {
    reader: peer,
    bytesPerRequest: answer,
    send: (count) => peer.write(concatBytes(...requests.splice(-count).reverse())),
  };
}

/** The same in the original dialect, in which a request may be sent again. */
async function ddesOriginalLoad(port: number): Promise<Load> {
  const peer = await RawPeer.connect(port);
  const { modulus, generator } = parseDhParameters(await peer.text());
  const keys = DhKeyPair.generate(defineDhGroup(modulus, generator), systemRandom);
  await peer.write(formatDhPublicKey(keys.group, keys.publicValue));
  const suite = new Suite(keys.computeSecret(parseDhPublicKey(await peer.text()).value));
  const verification = '{"opcode": 10, "status": "Keys established"}';
  await peer.exactly(verification.length + suite.sessionId.length);
  return {
    reader: peer,
    bytesPerRequest: encodeReply(suite, "0").length,
    send: repeatedly(peer, encodeRequest(suite, "sum")),
  };
}

/** Writes the same message a number of times. */
function repeatedly(peer: RawPeer, message: Uint8Array): Load["send"] {
  const all = concatBytes(...Array.from({ length: WINDOW }, () => message));
  return (count) => peer.write(all.subarray(0, count * message.length));
}

/** Messages of 100 bytes, forwarded to one other. */
async function keypartsLoad(port: number, dir: string): Promise<Load> {
  const keys = await makeFolder(dir);
  const [one, two] = await Promise.all(["client1", "client2"].map(async (id) => {
    const peer = await RawPeer.connect(port);
    const signature = signPss(keys.get(id)!, encodeUtf8("AUTH_REQUEST"));
    await peer.write(concatBytes(encodeUtf8(`${id}AUTH_REQUEST||`), signature));
    await peer.exactly("AUTH_SUCCESS".length);
    return peer;
  }));
  const message = new SessionCipher(systemRandom(24)).seal("x".repeat(100), systemRandom);
  return {
    reader: two!,
    bytesPerRequest: message.length,
    send: repeatedly(one!, message),
  };
}

/** Messages of 1,366 bytes, relayed verbatim. */
async function caChatLoad(port: number): Promise<Load> {
  const [alice, bob] = await Promise.all(["alice", "bob"].map(async (username) => {
    const peer = await RawPeer.connect(port);
    await peer.write(JSON.stringify({ message_type: "AUTH", username, password: "pw" }));
    await peer.recv();
    return peer;
  }));
  const content = { message_type: "MESSAGE", message: "A".repeat(1288), username: "alice", user: "bob" };
  const message = encodeUtf8(JSON.stringify(content));
  return {
    reader: bob!,
    bytesPerRequest: message.length,
    send: repeatedly(alice!, message),
  };
}

/** Messages decrypted, encrypted for their recipient, and a status encrypted for their sender. */
async function dhAesLoad(port: number): Promise<Load> {
  const [alice, bob] = await Promise.all(["alice", "bob"].map(async (name) => {
    const peer = await RawPeer.connect(port);
    const awaiting = AwaitingPublicValue.begin(systemRandom);
    const { suite } = awaiting.receive(await peer.frame());
    await peer.write(concatBytes(awaiting.frame, suite.seal(name)));
    await peer.frame();
    return { peer, suite };
  }));
  const message = formatMessage({ type: "send_message", to: "bob", content: "x".repeat(100) });
  const status = alice!.suite.seal(formatMessage({ type: "message_delivered", to: "bob" }));
  drain(bob!.peer);
  return {
    reader: alice!.peer,
    bytesPerRequest: status.length,
    send: repeatedly(alice!.peer, alice!.suite.seal(message)),
  };
}

/** Takes what comes until the connection ends. */
async function drain(peer: RawPeer): Promise<void> {
  while ((await peer.recv(65_536)).length > 0);
}

/** Messages of 200 bytes in base64, relayed over WebSocket; each counts as a byte. */
async function elgamalLoad(port: number): Promise<Load> {
  const { io } = await importClient();
  const [one, two] = await Promise.all(["one", "two"].map(async () => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
    await new Promise<void>((resolve) => socket.once("KEY_EXCHANGE", () => resolve()));
    return socket;
  }));
  let received = 0, wake = () => {};
  two!.on("received_message", () => {
    received++;
    wake();
  });
  const payload = formatSealed({ ciphertext: systemRandom(112), iv: systemRandom(16) });
  return {
    bytesPerRequest: 1,
    reader: {
      async recv() {
        if (received === 0) await new Promise<void>((resolve) => wake = resolve);
        const taken = new Uint8Array(received);
        received = 0;
        return taken;
      },
    },
    send(count) {
      for (let i = 0; i < count; i++) one!.emit("message", payload);
      return Promise.resolve();
    },
  };
}

/** By profile and, where it is not the default, dialect. */
const loads: Record<string, (port: number, dir: string) => Promise<Load>> = {
  "keyparts": keypartsLoad,
  "ca-chat": caChatLoad,
  "ddes": ddesLoad,
  "ddes original": ddesOriginalLoad,
  "dh-aes": dhAesLoad,
  "elgamal original": elgamalLoad,
};

for (const [name, open] of Object.entries(loads)) {
  const dir = await Deno.makeTempDir();
  const { server, port } = await startServer(name, dir);
  const load = await open(port, dir);
  await measure(load, WINDOW, WARM);
  const lockStep = await measure(load, 1, LOCK_STEP), windowed = await measure(load, WINDOW, WINDOWED);
  console.log(`${name}: lock-step ${lockStep}/s, window of ${WINDOW} ${windowed}/s`);
  await server[Symbol.asyncDispose]();
  await Deno.remove(dir, { recursive: true });
}
Deno.exit(0);
