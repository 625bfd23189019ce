import { createHash, createPublicKey } from "node:crypto";
import { encodeUtf8 } from "../bytes/mod.ts";
import { aes256Gcm, createXWing, systemRandom } from "../crypto/mod.ts";
import { importParts, type ProfileParts } from "../legacy/mod.ts";
import { defaultSuite } from "../mls/mod.ts";
import { generateKeyPair, signMessage, verifyMessage } from "../pki/mod.ts";
import { measureRate } from "./measure_rate.ts";
import { formatSize } from "./measurement.ts";
import { open, seal, stageGroup } from "./mls_stage.ts";
import type { Recorder, ScenarioSettings } from "./scenario.ts";

/** Something that is done again and again. */
interface Operation {
  name: string;
  run: () => unknown;
  /** What it works on, where MB/s says something. */
  bytes?: number;
  note?: string;
}

/** What the operations of one system work with. */
interface Bench extends Pick<ScenarioSettings, "sizeBytes" | "signal"> {
  parts: ProfileParts;
  message: Uint8Array<ArrayBuffer>;
  text: string;
}

/** The most that one message of keyparts carries. */
const MAX_KEYPARTS_BYTES = 975;
const SYSTEMS = [
  parleyOperations,
  keypartsOperations,
  caChatOperations,
  ddesOperations,
  dhAesOperations,
  elgamalOperations,
];

/** The primitives and the suites of the classic systems, beside those that parley uses in their place. */
export async function runProfileCrypto(settings: ScenarioSettings, record: Recorder): Promise<void> {
  const { sizeBytes, signal, onProgress } = settings;
  const bench: Bench = {
    parts: await importParts(),
    message: encodeUtf8("x".repeat(sizeBytes)),
    text: "x".repeat(sizeBytes),
    sizeBytes,
    signal,
  };
  for (const operationsOf of SYSTEMS) {
    for (const { name, run, bytes, note } of await operationsOf(bench)) {
      const title = bytes === undefined ? name : `${name}, ${formatSize(bytes)}`;
      onProgress(title);
      record(title, "ops/s", await measureRate(run, settings), {
        ...(bytes !== undefined && { bytesPerOperation: bytes }),
        ...(note !== undefined && { note }),
      });
    }
  }
}

/** A message of a system, from text to text, and how long it is in between. */
function messageOperation(system: string, bytes: number, wireBytes: number, run: () => unknown): Operation {
  return { name: `${system}: message made and opened`, bytes, note: `${wireBytes} bytes on the wire`, run };
}

async function parleyOperations({ message, sizeBytes, signal }: Bench): Promise<Operation[]> {
  const { author, member } = await stageGroup(2, defaultSuite, signal);
  const first = await seal(author, message);
  await open(member, first);
  const key = aes256Gcm.importKey(systemRandom(aes256Gcm.Nk)), nonce = systemRandom(aes256Gcm.Nn);
  const xWing = createXWing(systemRandom), { publicKey } = await xWing.generateKeyPair();
  const { privateKey, spki } = await generateKeyPair("ed25519");
  const signature = await signMessage(message, privateKey);
  return [
    {
      name: "parley: AES-256-GCM",
      bytes: sizeBytes,
      run: () => aes256Gcm.seal(key, { nonce, plaintext: message }),
    },
    { name: "parley: X-Wing, encapsulate", run: () => xWing.encapsulate(publicKey) },
    { name: "parley: Ed25519, sign", run: () => signMessage(message, privateKey) },
    { name: "parley: Ed25519, verify", run: () => verifyMessage(message, signature, spki) },
    messageOperation(
      "parley",
      sizeBytes,
      first.length,
      async () => await open(member, await seal(author, message)),
    ),
  ];
}

async function keypartsOperations({ parts, message }: Bench): Promise<Operation[]> {
  const { decryptAesCbcBlocks, decryptOaep, encryptAesCbcBlocks, encryptOaep, PART_BYTES, SessionCipher } =
    parts;
  const { PSS_MAX_SALT_BYTES, signPss, verifyPss } = parts;
  const key = systemRandom(3 * PART_BYTES), iv = systemRandom(16), bytes = message.length;
  const blocks = new Uint8Array([...iv, ...encryptAesCbcBlocks(key, iv, message)]);
  const rsa = await parts.generateRsaKey(), rsaPublic = createPublicKey(rsa);
  const part = systemRandom(PART_BYTES), sealedPart = encryptOaep(rsaPublic, part);
  const signature = signPss(rsa, part);
  const cipher = new SessionCipher(key);
  const short = "x".repeat(Math.min(bytes, MAX_KEYPARTS_BYTES));
  const sealed = cipher.seal(short, systemRandom);
  return [
    { name: "keyparts: AES-192-CBC, encrypt", bytes, run: () => encryptAesCbcBlocks(key, iv, message) },
    { name: "keyparts: AES-192-CBC, decrypt", bytes, run: () => decryptAesCbcBlocks(key, blocks) },
    { name: "keyparts: RSA-2048-OAEP, encrypt", run: () => encryptOaep(rsaPublic, part) },
    { name: "keyparts: RSA-2048-OAEP, decrypt", run: () => decryptOaep(rsa, sealedPart) },
    { name: "keyparts: RSA-2048-PSS, sign", run: () => signPss(rsa, part) },
    {
      name: "keyparts: RSA-2048-PSS, verify",
      run: () => verifyPss(rsaPublic, part, signature, PSS_MAX_SALT_BYTES),
    },
    messageOperation(
      "keyparts",
      short.length,
      sealed.length,
      () => cipher.open(cipher.seal(short, systemRandom)),
    ),
  ];
}

async function caChatOperations({ parts, message, text }: Bench): Promise<Operation[]> {
  const { decryptAes256Cbc, encodeCaChatMessage, encryptAes256Cbc, openEnvelope, sealEnvelope } = parts;
  const key = systemRandom(32), iv = systemRandom(16), bytes = message.length;
  const ciphertext = encryptAes256Cbc(key, iv, message);
  const privateKey = await parts.generateRsaKey(), publicKey = createPublicKey(privateKey);
  const recipient = { keyId: "1", publicKey };
  const options = { privateKey: () => privateKey, sender: publicKey, maxBytes: 1 << 20 };
  const make = () => sealEnvelope(text, privateKey, recipient, systemRandom);
  const wire = encodeCaChatMessage({
    message_type: "MESSAGE",
    message: make(),
    username: "alice",
    user: "bob",
  });
  return [
    { name: "ca-chat: AES-256-CBC, encrypt", bytes, run: () => encryptAes256Cbc(key, iv, message) },
    { name: "ca-chat: AES-256-CBC, decrypt", bytes, run: () => decryptAes256Cbc(key, iv, ciphertext) },
    { name: "ca-chat: MD5", bytes, run: () => createHash("md5").update(message).digest() },
    messageOperation("ca-chat", bytes, wire.length, () => openEnvelope(make(), options)),
  ];
}

async function ddesOperations({ parts, message, text }: Bench): Promise<Operation[]> {
  const { DdesSuite, defineDhGroup, Des, DhKeyPair, Opcode, SealedChannel } = parts;
  const whole = message.slice(0, message.length & ~7), bytes = whole.length;
  const des = new Des(systemRandom(8)), suite = new DdesSuite(systemRandom(256));
  const twice = suite.encrypt(whole);
  const group = defineDhGroup(await parts.generateSafePrime(512, systemRandom), 2n);
  const own = DhKeyPair.generate(group, systemRandom), peer = DhKeyPair.generate(group, systemRandom);
  const client = new SealedChannel(suite, "client"), server = new SealedChannel(suite, "server");
  const make = () => client.seal(Opcode.data, message);
  const wire = make();
  const original = parts.encodeRequest(suite, text);
  return [
    { name: "ddes: DES, encrypt", bytes, run: () => des.encrypt(whole) },
    { name: "ddes: double DES, encrypt", bytes, run: () => suite.encrypt(whole) },
    { name: "ddes: double DES, decrypt", bytes, run: () => suite.decrypt(twice) },
    { name: "ddes: HMAC-SHA-256", bytes, run: () => suite.mac.sign(whole) },
    { name: "ddes: Diffie-Hellman, 512 bits", run: () => own.computeSecret(peer.publicValue) },
    {
      ...messageOperation("ddes", message.length, wire.length, () => server.open(make().subarray(4))),
      note: `${wire.length} bytes on the wire, ${original.length} in the original dialect`,
    },
  ];
}

function dhAesOperations({ parts, message, text }: Bench): Operation[] {
  const { dhGroup14, DhAesSuite, DhKeyPair, formatDhAesMessage } = parts;
  const group = dhGroup14();
  const own = DhKeyPair.generate(group, systemRandom), peer = DhKeyPair.generate(group, systemRandom);
  const suite = DhAesSuite.agree(own, peer.publicValue, systemRandom);
  const make = () => suite.seal(formatDhAesMessage({ type: "send_message", to: "bob", content: text }));
  return [
    {
      name: "dh-aes: Diffie-Hellman, 2,048 bits, key pair",
      run: () => DhKeyPair.generate(group, systemRandom),
    },
    { name: "dh-aes: Diffie-Hellman, 2,048 bits", run: () => own.computeSecret(peer.publicValue) },
    messageOperation(
      "dh-aes",
      message.length,
      make().length,
      () => JSON.parse(suite.open(make().subarray(4))),
    ),
  ];
}

function elgamalOperations({ parts, message, text }: Bench): Operation[] {
  const { decryptAesCfb, elgamalParameters, ElgamalSuite, encryptAesCfb, ExponentKey } = parts;
  const { formatSealed, parseSealed, signValue, verifyValue } = parts;
  const key = systemRandom(32), iv = systemRandom(16), bytes = message.length;
  const ciphertext = encryptAesCfb(key, iv, message);
  const suite = new ElgamalSuite("documented", 1n << 2000n, systemRandom);
  const make = () => formatSealed(suite.seal(text));
  const groups = [["10 bits", "original"], ["2,048 bits", "documented"]] as const;
  return [
    { name: "elgamal: AES-256-CFB, encrypt", bytes, run: () => encryptAesCfb(key, iv, message) },
    { name: "elgamal: AES-256-CFB, decrypt", bytes, run: () => decryptAesCfb(key, iv, ciphertext) },
    { name: "elgamal: SHA-1", bytes, run: () => createHash("sha1").update(message).digest() },
    ...groups.flatMap(([size, dialect]): Operation[] => {
      const { signing } = elgamalParameters(dialect, "deff");
      const own = ExponentKey.generate(signing, systemRandom), value = own.publicValue;
      const signature = signValue(own, value, systemRandom);
      return [
        { name: `elgamal: ElGamal, ${size}, sign`, run: () => signValue(own, value, systemRandom) },
        {
          name: `elgamal: ElGamal, ${size}, verify`,
          run: () => verifyValue(signing, value, value, signature),
        },
      ];
    }),
    messageOperation("elgamal", bytes, make().length, () => suite.open(parseSealed(make()))),
  ];
}
