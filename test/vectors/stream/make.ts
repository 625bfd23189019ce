/**
 * Makes `age.json` with the program `age` (https://age-encryption.org, BSD-3-Clause), an implementation of STREAM that has
 * nothing to do with this one: encrypts a plaintext to a fresh X25519 recipient, takes the file key out of the header by
 * `node:crypto`, and notes it with the payload's nonce and the payload's hash.
 *
 *     deno run --allow-run=age,age-keygen --allow-read --allow-write test/vectors/stream/make.ts
 */
import { createDecipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from "node:crypto";
import { Buffer } from "node:buffer";

const SIZES = [0, 1, 100, 65_535, 65_536, 65_537, 131_072, 200_000];
const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

/** The plaintext of every vector: byte i is 7 i modulo 251. */
function plaintext(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i * 7 % 251);
}

async function run(command: string, args: string[], input?: Uint8Array): Promise<Uint8Array> {
  const child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped", stderr: "null" }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  if (input !== undefined) await writer.write(input);
  await writer.close();
  return (await output).stdout;
}

/** Bech32 without its checksum; the program has made it. */
function decodeSecretKey(text: string): Buffer {
  const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  const values = [...text.toLowerCase().slice("age-secret-key-1".length, -6)].map((it) => alphabet.indexOf(it));
  const bits = values.map((value) => value.toString(2).padStart(5, "0")).join("");
  return Buffer.from(Array.from({ length: 32 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2)));
}

function fileKeyOf(stanza: { share: Buffer; body: Buffer }, secret: Buffer): Buffer {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: "der", type: "pkcs8" });
  const recipient = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32);
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, stanza.share]),
    format: "der",
    type: "spki",
  });
  const shared = diffieHellman({ privateKey, publicKey });
  const salt = Buffer.concat([stanza.share, recipient]);
  const key = Buffer.from(hkdfSync("sha256", shared, salt, "age-encryption.org/v1/X25519", 32));
  const decipher = createDecipheriv("chacha20-poly1305", key, new Uint8Array(12), { authTagLength: 16 });
  decipher.setAuthTag(stanza.body.subarray(16));
  return Buffer.concat([decipher.update(stanza.body.subarray(0, 16)), decipher.final()]);
}

const text = new TextDecoder();
const vectors = [];
for (const size of SIZES) {
  const identity = text.decode(await run("age-keygen", []));
  const [, secret = ""] = /(AGE-SECRET-KEY-1\S+)/.exec(identity)!;
  const [, recipient = ""] = /(age1\S+)/.exec(identity)!;
  const file = Buffer.from(await run("age", ["-r", recipient], plaintext(size)));
  const headerEnd = file.indexOf("\n", file.indexOf("\n---") + 1) + 1;
  const [, share = "", body = ""] = /-> X25519 (\S+)\n(\S+)\n/.exec(file.subarray(0, headerEnd).toString())!;
  const stanza = { share: Buffer.from(share, "base64"), body: Buffer.from(body, "base64") };
  const payload = file.subarray(headerEnd);
  vectors.push({
    size,
    fileKey: fileKeyOf(stanza, decodeSecretKey(secret)).toString("hex"),
    nonce: payload.subarray(0, 16).toString("hex"),
    sealedBytes: payload.length - 16,
    sealedSha256: createHash("sha256").update(payload.subarray(16)).digest("hex"),
  });
}
await Deno.writeTextFile(new URL("age.json", import.meta.url), JSON.stringify(vectors, undefined, 2) + "\n");
