import { join } from "node:path";
import { equalBytes, formatPem, parsePem } from "../bytes/mod.ts";
import { type RandomSource, systemRandom } from "../crypto/mod.ts";
import { AuthenticationError, StorageError, UsageError } from "../errors/mod.ts";
import {
  CertificateAuthority,
  type Clock,
  createRootCertificate,
  DAY_MS,
  DeviceLinks,
  EnrollmentRequests,
  exportPrivateKey,
  formatCertificates,
  generateKeyPair,
  importPrivateKey,
  isEncryptedPrivateKey,
  type KeyAlgorithm,
  parseCertificate,
  parseCertificates,
  UserAccounts,
} from "../pki/mod.ts";
import { SqliteCaLog } from "./ca_store_log.ts";
import { fileIsThere, writeFileAtomically } from "./write_file_atomically.ts";

/** How to make an authority. */
export interface InitCaOptions {
  /** The authority's name: the common name of its certificate. */
  name: string;
  /** The kind of its key. Default `ed25519`. */
  algorithm?: KeyAlgorithm;
  /** How many authorities may stand between it and a leaf. Default 0. */
  pathLength?: number;
  /** How long its certificate is valid. Default ten years. */
  lifetimeMs?: number;
  /** Encrypts the key file; without it the file's mode 0600 is all that protects the key. */
  passphrase?: Uint8Array;
  /** Whether an authority in the folder is replaced: its key, certificate and log are lost. Default false. */
  force?: boolean;
  /** Default: the system's clock. */
  clock?: Clock;
  /** Default: the system's generator. */
  random?: RandomSource;
}

/** Keeps the unlocked key of an authority for other processes. */
export interface CaKeyKeeper {
  /** What was kept; undefined where nothing is. */
  recall(): Promise<Record<string, Uint8Array> | undefined>;
  /** Keeps the private key, PKCS#8 in DER, under the name `privateKey`. */
  keep(secrets: Record<string, Uint8Array>): Promise<void>;
}

/** How to open an authority. */
export interface OpenCaOptions {
  /** Gives the passphrase of the key file; asked only when something is signed and the key is encrypted. */
  passphrase?: () => Promise<Uint8Array>;
  /** Asked first where the key is encrypted, and given the key that the passphrase has opened. */
  keeper?: CaKeyKeeper;
  /** How long certificates of servers and devices are valid where nothing else is said. Default one year. */
  leafLifetimeMs?: number;
  /** Default: the system's clock. */
  clock?: Clock;
  /** Default: the system's generator. */
  random?: RandomSource;
}

/** An open authority. */
export interface CaFolder extends Disposable {
  /** The authority itself. */
  readonly authority: CertificateAuthority;
  /** Its log. */
  readonly log: SqliteCaLog;
  /** Users who may enrol with a password. */
  readonly users: UserAccounts;
  /** Applicants that wait for the operator's word. */
  readonly requests: EnrollmentRequests;
  /** Invites that users' devices make for further devices. */
  readonly links: DeviceLinks;
  /** Closes the log. Closing twice is allowed. */
  close(): void;
}

const TEN_YEARS_MS = 3_650 * DAY_MS;

/**
 * Makes an authority in a folder: `ca.key` (PKCS#8 PEM, mode 0600), `ca.db` (the log), and last of all
 * `ca.crt`. A folder that holds `ca.crt` holds an authority, one that does not holds none.
 *
 * @returns the root certificate, DER
 * @throws {UsageError} `ca-exists`, `ca-incomplete`, `ca-name-malformed`, `key-algorithm-unknown`,
 * `passphrase-empty`, `file-exists`
 * @throws {AuthenticationError} `key-weak` for a key that cannot sign
 * @throws {StorageError} `file-unwritable` and what opening a database throws
 */
export async function initCa(dir: string, options: InitCaOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { algorithm = "ed25519", force = false, passphrase, random = systemRandom } = options;
  if (!force) refuseExistingCa(dir);
  const keys = await generateKeyPair(algorithm);
  const certificate = await createRootCertificate({
    name: options.name,
    keys,
    random,
    now: (options.clock ?? systemClock)(),
    lifetimeMs: options.lifetimeMs ?? TEN_YEARS_MS,
    pathLength: options.pathLength ?? 0,
  });
  const key = await exportPrivateKey(keys.privateKey, passphrase && { passphrase, random });
  writeCaFiles(dir, { key, chain: [certificate], force });
  return certificate;
}

/**
 * Writes the files of a new authority: its key, an empty log, and last of all its certificate with those above it.
 *
 * @throws {UsageError} `file-exists`
 * @throws {StorageError} `file-unwritable` and what opening a database throws
 */
export function writeCaFiles(dir: string, ca: { key: string; chain: Uint8Array[]; force: boolean }): void {
  const { key, chain, force } = ca;
  const files = caFiles(dir);
  makeFolder(dir);
  if (force) removeFiles([files.certificate, files.log, `${files.log}-wal`, `${files.log}-shm`]);
  writeFileAtomically(files.key, key, { mode: 0o600, force });
  SqliteCaLog.open(files.log).close();
  writeFileAtomically(files.certificate, formatCertificates(chain), { force });
}

/**
 * Opens the authority in a folder. Its key is read only when something is signed, so that what needs no key
 * asks for no passphrase.
 *
 * The authority's methods that sign throw {AuthenticationError} `passphrase-required`, `passphrase-wrong` and
 * {StorageError} `ca-incomplete`, `ca-key-mismatch` where the key cannot be used.
 *
 * @throws {UsageError} `ca-missing` where the folder holds no authority
 * @throws {StorageError} `ca-incomplete`, `ca-damaged`, `file-unreadable` and what opening a database throws
 */
export function openCa(dir: string, options: OpenCaOptions = {}): CaFolder {
  const files = caFiles(dir);
  const [certificate, ...above] = readChain(dir, files.certificate);
  // A new log would number certificates and CRLs from the start and forget what was revoked.
  if (!fileIsThere(files.log)) throw incomplete(files.log);
  const log = SqliteCaLog.open(files.log);
  const authority = new CertificateAuthority({
    certificate,
    above,
    loadKey: () => loadKey(files.key, certificate, options),
    log,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    ...(options.leafLifetimeMs !== undefined && { leafLifetimeMs: options.leafLifetimeMs }),
  });
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const users = new UserAccounts({ records: log.users, clock, random });
  const requests = new EnrollmentRequests({ records: log.requests, authority, clock, random });
  const links = new DeviceLinks({ authority, log, clock });
  const close = () => log.close();
  return { authority, log, users, requests, links, close, [Symbol.dispose]: close };
}

/** Whether the folder holds an authority. */
export function holdsCa(dir: string): boolean {
  return fileIsThere(caFiles(dir).certificate);
}

function caFiles(dir: string): { key: string; certificate: string; log: string } {
  return { key: join(dir, "ca.key"), certificate: join(dir, "ca.crt"), log: join(dir, "ca.db") };
}

function systemClock(): Date {
  return new Date();
}

/**
 * Refuses a folder that holds an authority, or the rest of an attempt to make one.
 *
 * @throws {UsageError} `ca-exists`, `ca-incomplete`
 */
export function refuseExistingCa(dir: string): void {
  const { certificate, ...others } = caFiles(dir);
  if (fileIsThere(certificate)) {
    throw new UsageError("ca-exists", `${dir} holds a certificate authority already`, {
      hint: "choose another folder with --dir",
    });
  }
  const left = Object.values(others).find(fileIsThere);
  if (left === undefined) return;
  throw new UsageError("ca-incomplete", `${left} is there without a certificate`, {
    hint: "an earlier 'parley ca init' was interrupted: remove the file, or use --force to begin again",
  });
}

/** The authority's certificate and those above it, each issued by the next, the root last. */
function readChain(dir: string, path: string): [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]] {
  if (!fileIsThere(path)) {
    throw new UsageError("ca-missing", `${dir} does not hold a certificate authority`, {
      hint: `make one with 'parley ca init --dir ${dir}'`,
    });
  }
  const text = readCaFile(path);
  try {
    const [first, ...above] = parseCertificates(text);
    const chain = [first, ...above].map((der) => parseCertificate(der ?? new Uint8Array()));
    // The last one, and only that, issued itself: whatever is verified under this file is verified under a root.
    const isLinked = chain.every((one, at) =>
      equalBytes(one.issuer, (chain[at + 1] ?? one).subject) &&
      equalBytes(one.issuer, one.subject) === (at === above.length)
    );
    if (first !== undefined && isLinked) return [first, ...above];
  } catch (cause) {
    throw damaged(path, cause);
  }
  throw damaged(path);
}

async function loadKey(
  path: string,
  certificate: Uint8Array,
  { passphrase, keeper }: Pick<OpenCaOptions, "passphrase" | "keeper">,
): Promise<CryptoKey> {
  const pem = readCaFile(path);
  const { spki } = parseCertificate(certificate);
  const isEncrypted = isEncryptedPrivateKey(pem);
  const kept = isEncrypted ? (await keeper?.recall())?.privateKey : undefined;
  if (kept !== undefined) {
    const keys = await importPrivateKey(formatPem("PRIVATE KEY", kept));
    // It may be that of an authority that was here before.
    if (equalBytes(keys.spki, spki)) return keys.privateKey;
  }
  if (isEncrypted && passphrase === undefined) {
    throw new AuthenticationError(
      "passphrase-required",
      "the authority's key is encrypted under a passphrase",
      {
        hint: "give it with --passphrase-file or --passphrase-fd",
      },
    );
  }
  const keys = await importPrivateKey(pem, isEncrypted ? await passphrase?.() : undefined);
  if (!equalBytes(keys.spki, spki)) {
    throw new StorageError("ca-key-mismatch", `${path} is not the key of the certificate beside it`, {
      hint: "restore both from the same backup",
    });
  }
  if (isEncrypted && keeper !== undefined) {
    await keeper.keep({ privateKey: parsePem(await exportPrivateKey(keys.privateKey))[0]!.bytes });
  }
  return keys.privateKey;
}

function readCaFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) throw incomplete(path);
    throw new StorageError("file-unreadable", `cannot read ${path}`, {
      hint: "look at the file's owner and mode",
      cause,
    });
  }
}

function makeFolder(dir: string): void {
  try {
    Deno.mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StorageError("file-unwritable", `cannot make the folder ${dir}`, { cause });
  }
}

function removeFiles(paths: string[]): void {
  for (const path of paths.filter(fileIsThere)) {
    try {
      Deno.removeSync(path);
    } catch (cause) {
      throw new StorageError("file-unwritable", `cannot remove ${path}`, { cause });
    }
  }
}

function incomplete(path: string): StorageError {
  return new StorageError("ca-incomplete", `${path} is missing`, {
    hint: "restore the folder from a backup",
  });
}

function damaged(path: string, cause?: unknown): StorageError {
  return new StorageError("ca-damaged", `${path} does not hold the certificate of an authority`, {
    hint: "restore the folder from a backup",
    cause,
  });
}
