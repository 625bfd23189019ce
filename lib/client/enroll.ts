import { equalBytes } from "../bytes/mod.ts";
import { type RandomSource, systemRandom } from "../crypto/mod.ts";
import { AuthenticationError, ParleyError, UsageError } from "../errors/mod.ts";
import {
  answerChallenge,
  type Clock,
  createCertificateRequest,
  exportPrivateKey,
  fingerprintOf,
  formatCertificates,
  generateKeyPair,
  hashCertificate,
  hashInviteToken,
  importPrivateKey,
  type KeyPair,
  parseInvite,
  parseName,
  verifyChain,
} from "../pki/mod.ts";
import { moveFolder } from "../store/mod.ts";
import { type ClientConnection, dial } from "../transport/mod.ts";
import { type DeviceRef, PROTOCOL_VERSION } from "../wire/mod.ts";
import { identityFiles, identityPath, writeIdentityFacts, writePrivateFile } from "./identity_folder.ts";
import { formatStorageKey, generateStorageKey } from "./storage_key.ts";
import { toPeer } from "./trust.ts";

/** What is needed to enrol. */
export interface EnrollOptions {
  /** The data folder. */
  home: string;
  /** The invite. */
  invite: string;
  /** The name for this device. */
  device: string;
  /** Protects the keys at rest; without it only the files' mode does. */
  passphrase?: Uint8Array;
  /** What the relay is told, such as `parley/0.1.0`. */
  agent: string;
  /** The time. */
  clock?: Clock;
  /** Randomness. */
  random?: RandomSource;
  /** Gives up. */
  signal?: AbortSignal;
}

/** What enrolling brought. */
export interface Enrolled extends DeviceRef {
  /** Where the identity's files are. */
  folder: string;
  /** The fingerprint of the device's key. */
  fingerprint: string;
  /** When the certificate expires. */
  expires: Date;
}

/**
 * Enrols this device: makes a key, trusts the CA whose fingerprint the invite carries and nobody else,
 * proves to it that the key is held, and keeps the certificate. The key is on disk before the invite is
 * used, so that an attempt that is cut off can be repeated with the same invite.
 *
 * @throws {DecodeError} `invite-malformed`
 * @throws {UsageError} `name-malformed`, `identity-exists`
 * @throws {AuthenticationError} `ca-mismatch`, `invite-unknown`, `invite-used`, `invite-expired`, and what the
 * relay's certificate is refused for
 * @throws {NetworkError} where the relay cannot be reached
 */
export async function enroll(options: EnrollOptions): Promise<Enrolled> {
  const { random = systemRandom, clock = () => new Date() } = options;
  const invite = parseInvite(options.invite);
  const ref = { user: invite.user, device: parseName(options.device, "device") };
  const folder = identityPath(options.home, ref);
  await assertAbsent(folder, ref);
  const draft = `${options.home}/identities/${ref.user}/.${ref.device}.enrolling`;
  await Deno.mkdir(draft, { recursive: true, mode: 0o700 });
  const keys = await keepKey(draft, options.passphrase, random);
  const { host, port } = invite.relay;
  const connection = await dial({ host, port, checkServer: "deferred", signal: options.signal });
  try {
    const root = await verifyRelay(connection, options.agent, invite.rootHash, host, clock);
    const certificates = await proveAndCollect(connection, keys, ref, invite);
    const verified = await verifyChain({ chain: certificates, roots: [root], usage: "device", now: clock() });
    if (
      !equalBytes(verified.spki, keys.spki) || verified.user !== ref.user || verified.device !== ref.device
    ) {
      throw new AuthenticationError("cert-name", "the CA issued a certificate for another key or device");
    }
    writePrivateFile(`${draft}/${identityFiles.certificates}`, formatCertificates(certificates));
    writePrivateFile(`${draft}/${identityFiles.root}`, formatCertificates([root]));
    const storageKey = await formatStorageKey(generateStorageKey(random), options.passphrase, random);
    writePrivateFile(`${draft}/${identityFiles.storageKey}`, storageKey);
    writeIdentityFacts(draft, { ...ref, host, port });
    moveFolder(draft, folder);
    return { ...ref, folder, fingerprint: fingerprintOf(keys.spki), expires: verified.notAfter };
  } finally {
    await connection.close();
  }
}

async function assertAbsent(folder: string, { user, device }: DeviceRef): Promise<void> {
  const exists = await Deno.stat(folder).then(() => true, () => false);
  if (!exists) return;
  throw new UsageError("identity-exists", `this data folder already holds ${user}/${device}`, {
    hint: "choose another name with --device, or another folder with --home or PARLEY_HOME",
  });
}

/** Takes up the key of an attempt that was cut off, or makes one. */
async function keepKey(
  draft: string,
  passphrase: Uint8Array | undefined,
  random: RandomSource,
): Promise<KeyPair> {
  const path = `${draft}/${identityFiles.key}`;
  try {
    return await importPrivateKey(await Deno.readTextFile(path), passphrase);
  } catch (error) {
    const unusable = error instanceof ParleyError && error.kind === "authentication";
    if (!unusable && !(error instanceof Deno.errors.NotFound)) throw error;
  }
  const keys = await generateKeyPair("ed25519");
  writePrivateFile(path, await exportPrivateKey(keys.privateKey, passphrase && { passphrase, random }));
  return keys;
}

/** Finds the invite's root among the relay's authorities and checks the relay's certificate under it. */
async function verifyRelay(
  connection: ClientConnection,
  agent: string,
  rootHash: Uint8Array,
  host: string,
  clock: Clock,
): Promise<Uint8Array> {
  const { authorities, crl } = await connection.request("hello", { version: PROTOCOL_VERSION, agent });
  const root = authorities.find((one) => equalBytes(hashCertificate(one), rootHash));
  if (root === undefined) {
    throw new AuthenticationError("ca-mismatch", "the relay does not belong to the CA of the invite", {
      hint:
        "ask whoever sent the invite whether it is the newest; someone may stand between you and the relay",
    });
  }
  await connection.verifyPeer(async (chain) => {
    const intermediates = authorities.filter((one) => one !== root);
    return toPeer(
      await verifyChain({
        chain: [...chain.slice(0, 1), ...intermediates],
        roots: [root],
        crls: crl === undefined ? [] : [crl],
        usage: "server",
        now: clock(),
        serverName: host,
      }),
    );
  });
  return root;
}

async function proveAndCollect(
  connection: ClientConnection,
  keys: KeyPair,
  { user, device }: DeviceRef,
  { token, rootHash }: { token: Uint8Array<ArrayBuffer>; rootHash: Uint8Array },
): Promise<Uint8Array[]> {
  const csr = await createCertificateRequest(keys, `${user}/${device}`);
  const { enrollment, ...challenge } = await connection.request("enroll-begin", { csr, token, user, device });
  const proof = await answerChallenge(challenge, {
    csr,
    tokenHash: hashInviteToken(token),
    user,
    device,
    rootHash,
    serverCertificateHash: hashCertificate(connection.peerChain[0]!),
  }, keys);
  return (await connection.request("enroll-finish", { enrollment, proof })).certificates;
}
