/**
 * Generates the fixtures of this folder anew: `deno run --allow-read=. --allow-write=certs certs/generate.ts`.
 * See README.md for what each one is.
 */
import { formatPem } from "../lib/bytes/mod.ts";
import { systemRandom } from "../lib/crypto/mod.ts";
import {
  createDeviceCertificate,
  createRevocationList,
  createRootCertificate,
  createServerCertificate,
  CRL_PEM_LABEL,
  DAY_MS,
  exportPrivateKey,
  formatCertificates,
  generateKeyPair,
  type Issuer,
  type KeyAlgorithm,
  type KeyPair,
  parseCertificate,
} from "../lib/pki/mod.ts";

/** Everything but what says otherwise is valid for a hundred years from here. */
const epoch = { now: new Date("2026-01-01T00:00:00Z"), lifetimeMs: 36_500 * DAY_MS };
const past = { now: new Date("2024-01-01T00:00:00Z"), lifetimeMs: 365 * DAY_MS };
const future = { now: new Date("2120-01-01T00:00:00Z"), lifetimeMs: 365 * DAY_MS };
const random = systemRandom;

await generateFixtures();

async function generateFixtures(): Promise<void> {
  const root = await createRoot("root-ed25519", "ed25519", "parley fixtures");
  const p256Root = await createRoot("root-p256", "ecdsa-p256", "parley fixtures P-256");
  const rsaRoot = await createRoot("root-rsa", "rsa-2048", "parley fixtures RSA");
  const foreignRoot = await createRoot("foreign-root", "ed25519", "parley fixtures");

  await createDevice("good-ed25519", await createKeys("good-ed25519", "ed25519"), root);
  await createDevice("good-p256", await createKeys("good-p256", "ecdsa-p256"), p256Root);
  await createDevice("good-rsa", await createKeys("good-rsa", "rsa-2048"), rsaRoot);

  // What these are about is their certificate, so they share one key.
  const keys = await createKeys("bad", "ed25519");
  await createDevice("expired", keys, root, past);
  await createDevice("not-yet-valid", keys, root, future);
  await createDevice("foreign", keys, foreignRoot);
  const revoked = await createDevice("revoked", keys, root);
  await createServer("wrong-usage", keys, root);
  await createServer("server", await createKeys("server", "ed25519"), root);
  await createCrl("root-ed25519", root, parseCertificate(revoked).serial);
}

async function createRoot(file: string, algorithm: KeyAlgorithm, name: string): Promise<Issuer> {
  const keys = await createKeys(file, algorithm);
  const certificate = await createRootCertificate({ ...epoch, name, keys, random });
  write(`${file}.crt`, formatCertificates([certificate]));
  return { certificate: parseCertificate(certificate), key: keys.privateKey };
}

async function createKeys(file: string, algorithm: KeyAlgorithm): Promise<KeyPair> {
  const keys = await generateKeyPair(algorithm);
  write(`${file}.key`, await exportPrivateKey(keys.privateKey));
  return keys;
}

async function createDevice(
  file: string,
  { spki }: KeyPair,
  issuer: Issuer,
  lifetime = epoch,
): Promise<Uint8Array> {
  const identity = { user: "alice", device: file };
  const certificate = await createDeviceCertificate({ ...lifetime, spki, random, identity }, issuer);
  write(`${file}.crt`, formatCertificates([certificate]));
  return certificate;
}

async function createServer(file: string, { spki }: KeyPair, issuer: Issuer): Promise<void> {
  const names = ["localhost", "127.0.0.1", "::1"];
  const certificate = await createServerCertificate({ ...epoch, spki, random, names }, issuer);
  write(`${file}.crt`, formatCertificates([certificate]));
}

async function createCrl(file: string, issuer: Issuer, serial: string): Promise<void> {
  const { now: thisUpdate, lifetimeMs } = epoch;
  const nextUpdate = new Date(thisUpdate.getTime() + lifetimeMs);
  const revoked = [{ serial, revokedAt: thisUpdate, reason: "key-compromise" as const }];
  const content = { number: 1, thisUpdate, nextUpdate, revoked };
  const crl = await createRevocationList(content, issuer.certificate, issuer.key);
  write(`${file}.crl`, formatPem(CRL_PEM_LABEL, crl));
}

function write(file: string, text: string): void {
  Deno.writeTextFileSync(new URL(file, import.meta.url), text);
}
