import { concatBytes, decodeUtf8, encodeUtf8 } from "../bytes/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { InternalError } from "../errors/mod.ts";
import type { Cutter, Dialect, ProfileParts } from "../legacy/mod.ts";
import type { ProfileLoad } from "./profile_load.ts";
import { ProfilePeer } from "./profile_peer.ts";

/** The server that a load is for. */
export interface ProfileTarget {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** The folder of its files, with the keys of its clients. */
  readonly folder: string;
  /** What the profiles are made of. */
  readonly parts: ProfileParts;
}

/** The server of a classic system, and what is asked of it. */
export interface ProfileSubject {
  /** Its name after `--profile`. */
  readonly profile: string;
  /** What it speaks. */
  readonly dialect: Dialect;
  /** What one message is, and what was done when it counts. */
  readonly counts: string;
  /** Connects the clients. */
  open(target: ProfileTarget): Promise<ProfileLoad>;
}

/** Messages that are ready, where they can be sent again. */
const READY = 64;
const MAX_ANSWER_BYTES = 64 * 1024;

/** By the name that figures give it. */
export const profileSubjects: Readonly<Record<string, ProfileSubject>> = {
  "keyparts": {
    profile: "keyparts",
    dialect: "documented",
    counts: "100 bytes to two others, one of whom decrypts and compares them",
    open: openKeyparts,
  },
  "ca-chat": {
    profile: "ca-chat",
    dialect: "documented",
    counts: "1,359 bytes to one other, who parses the JSON and compares its members",
    open: openCaChat,
  },
  "ddes": {
    profile: "ddes",
    dialect: "documented",
    counts: "a sum asked for, whose answer is verified, decrypted and compared",
    open: openDdes,
  },
  "ddes original": {
    profile: "ddes",
    dialect: "original",
    counts: "a sum asked for, whose answer is verified, decrypted and compared",
    open: openOriginalDdes,
  },
  "dh-aes": {
    profile: "dh-aes",
    dialect: "documented",
    counts: "100 bytes to one other, who decrypts and compares them, with a status to the sender",
    open: openDhAes,
  },
  "elgamal original": {
    profile: "elgamal",
    dialect: "original",
    counts: "112 bytes of ciphertext over WebSocket to one other, who parses them",
    open: openElgamal,
  },
};

/** Takes messages of a peer, each of which has to be as expected. */
function decoding<M>(
  peer: ProfilePeer,
  cutter: Cutter<M>,
  isExpected: (message: M, index: number) => boolean,
): ProfileLoad["receive"] {
  let index = 0;
  return async () => {
    const first = index;
    let message: M | undefined = await peer.read(cutter);
    for (; message !== undefined; message = peer.take(cutter)) {
      if (!isExpected(message, index++)) throw new InternalError(`message ${index} is not what was sent`);
    }
    return index - first;
  };
}

/** Writes these messages, again and again. */
function cycling(peer: ProfilePeer, messages: readonly Uint8Array[]): ProfileLoad["send"] {
  let next = 0;
  return (count) =>
    peer.write(concatBytes(...Array.from({ length: count }, () => messages[next++ % messages.length]!)));
}

/** Three clients, of whom the first speaks and the second opens what it says; the third takes it, too. */
export function openKeypartsChat(
  [one, two, three]: readonly [ProfilePeer, ProfilePeer, ProfilePeer],
  { PART_BYTES, serverMessageCutter, SessionCipher }: ProfileParts,
): ProfileLoad {
  const cipher = new SessionCipher(systemRandom(3 * PART_BYTES));
  const texts = Array.from({ length: READY }, (_, i) => String(i).padEnd(100, "x"));
  three.drain();
  const receive = decoding(
    two,
    serverMessageCutter((bytes) => cipher.open(bytes)),
    (message, index) => message.type === "chat" && message.text === texts[index % READY],
  );
  return { receive, send: cycling(one, texts.map((text) => cipher.seal(text, systemRandom))) };
}

async function openKeyparts({ port, folder, parts }: ProfileTarget): Promise<ProfileLoad> {
  const { CLIENT_IDS, encodeLogin, KEYPARTS_ANSWERS, keypartsKeys, signPss } = parts;
  const peers: ProfilePeer[] = [];
  for (const id of CLIENT_IDS) {
    const peer = await ProfilePeer.connect(port, parts);
    const signature = signPss(keypartsKeys.readPrivateKey(folder, id), encodeUtf8("AUTH_REQUEST"));
    await peer.write(concatBytes(...encodeLogin({ id, signature })));
    await peer.exactly(KEYPARTS_ANSWERS.success.length);
    peers.push(peer);
  }
  // Nobody may speak before the server has seen all of them.
  for (const peer of peers) await peer.exactly(KEYPARTS_ANSWERS.start.length);
  const [one, two, three] = peers as [ProfilePeer, ProfilePeer, ProfilePeer];
  return openKeypartsChat([one, two, three], parts);
}

async function openCaChat({ port, parts }: ProfileTarget): Promise<ProfileLoad> {
  const { encodeCaChatMessage, jsonCutter } = parts;
  const peers: [ProfilePeer, Cutter<string>][] = [];
  for (const username of ["alice", "bob"]) {
    const peer = await ProfilePeer.connect(port, parts), cutter = jsonCutter(MAX_ANSWER_BYTES);
    await peer.write(encodeCaChatMessage({ message_type: "AUTH", username, password: "pw" }));
    await peer.read(cutter);
    peers.push([peer, cutter]);
  }
  const [[alice], [bob, cutter]] = peers as [typeof peers[0], typeof peers[0]];
  const texts = Array.from({ length: READY }, (_, i) => String(i).padEnd(1288, "A"));
  const toBob = (message: string) =>
    encodeCaChatMessage({ message_type: "MESSAGE", message, username: "alice", user: "bob" });
  const receive = decoding(bob, cutter, (json, index) => {
    const { message, user } = JSON.parse(json);
    return user === "bob" && message === texts[index % READY];
  });
  return { receive, send: cycling(alice, texts.map(toBob)) };
}

/** A request is taken once only: those of a run are sealed before it begins. */
async function openDdes({ port, parts }: ProfileTarget): Promise<ProfileLoad> {
  const { AwaitingProof, dhGroup14, DhKeyPair, encodeKeyStep, frameCutterWith, Opcode } = parts;
  const peer = await ProfilePeer.connect(port, parts);
  const keys = DhKeyPair.generate(dhGroup14(), systemRandom);
  const awaitingProof = new AwaitingProof(keys, "client", await peer.frame());
  await peer.write(encodeKeyStep(keys.publicValue));
  const channel = awaitingProof.receive(await peer.frame());
  await peer.write(awaitingProof.proof);
  const first = channel.open(await peer.frame());
  if (typeof first === "string") throw new InternalError(`the server's token was discarded: ${first}`);
  let ready: Uint8Array[] = [];
  return {
    prepare(count) {
      ready = Array.from({ length: count }, () => channel.seal(Opcode.aggregate, first.content)).reverse();
    },
    send: (count) => peer.write(concatBytes(...ready.splice(-count).reverse())),
    receive: decoding(
      peer,
      frameCutterWith(1024, (body) => channel.open(body)),
      (answer) => typeof answer !== "string" && decodeUtf8(answer.content).trim() === "0",
    ),
  };
}

/** In the original dialect a request may be sent again. */
async function openOriginalDdes({ port, parts }: ProfileTarget): Promise<ProfileLoad> {
  const { DdesSuite, DhKeyPair, pemCutter } = parts;
  const peer = await ProfilePeer.connect(port, parts);
  const { modulus, generator } = parts.parseDhParameters(await peer.read(pemCutter("DH PARAMETERS")));
  const keys = DhKeyPair.generate(parts.defineDhGroup(modulus, generator), systemRandom);
  await peer.write(parts.formatDhPublicKey(keys.group, keys.publicValue));
  const { value } = parts.parseDhPublicKey(await peer.read(pemCutter("PUBLIC KEY")));
  const suite = new DdesSuite(keys.computeSecret(value));
  await peer.read(parts.cutConfirmation);
  const receive = decoding(peer, parts.replyCutter(suite), (sum) => sum.trim() === "0");
  return { receive, send: cycling(peer, [parts.encodeRequest(suite, "sum")]) };
}

async function openDhAes({ port, parts }: ProfileTarget): Promise<ProfileLoad> {
  const { dhGroup14, DhAesSuite, DhKeyPair, encodeFrame, formatDhAesMessage, frameCutterWith } = parts;
  const join = async (name: string) => {
    const peer = await ProfilePeer.connect(port, parts);
    const keys = DhKeyPair.generate(dhGroup14(), systemRandom);
    const suite = DhAesSuite.agree(keys, await peer.frame(), systemRandom);
    await peer.write(concatBytes(encodeFrame(keys.publicValue), suite.seal(name)));
    await peer.frame();
    return { peer, suite };
  };
  const alice = await join("alice"), bob = await join("bob");
  const content = "x".repeat(100);
  alice.peer.drain();
  return {
    send: cycling(alice.peer, [
      alice.suite.seal(formatDhAesMessage({ type: "send_message", to: "bob", content })),
    ]),
    receive: decoding(
      bob.peer,
      frameCutterWith(MAX_ANSWER_BYTES, (body) => JSON.parse(bob.suite.open(body))),
      (message) => message.type === "new_message" && message.content === content,
    ),
  };
}

async function openElgamal({ port, parts }: ProfileTarget): Promise<ProfileLoad> {
  const { io } = await parts.importClient();
  const join = () => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
    return { socket, started: new Promise<void>((resolve) => socket.once("KEY_EXCHANGE", () => resolve())) };
  };
  const one = join(), two = join();
  await Promise.all([one.started, two.started]);
  const ciphertext = systemRandom(112);
  let received = 0, wake = () => {};
  two.socket.on("received_message", (payload: string) => {
    const { ciphertext: { length } } = parts.parseSealed(payload);
    if (length !== ciphertext.length) throw new InternalError("the message is not what was sent");
    received++;
    wake();
  });
  const payload = parts.formatSealed({ ciphertext, iv: systemRandom(16) });
  return {
    async receive() {
      if (received === 0) await new Promise<void>((resolve) => wake = resolve);
      const count = received;
      received = 0;
      return count;
    },
    send(count) {
      for (let i = 0; i < count; i++) one.socket.emit("message", payload);
      return Promise.resolve();
    },
  };
}
