import { concatBytes, encodeUtf8, equalBytes, Reader, Writer } from "../../bytes/mod.ts";
import {
  chacha20Poly1305,
  deriveKeyFromPassword,
  hkdf,
  type PasswordCost,
  signHmac,
  verifyHmac,
} from "../../crypto/mod.ts";
import { AuthenticationError, DecodeError } from "../../errors/mod.ts";

/** What stands at the beginning of a backup, in the clear. */
export interface BackupHeader {
  /** What deriving the key from the passphrase costs. */
  cost: Required<PasswordCost>;
  /** 16 random bytes. */
  salt: Uint8Array<ArrayBuffer>;
}

/** The length of a header with its MAC. */
export const BACKUP_HEADER_BYTES = 76;
/** Random bytes in a header. */
export const BACKUP_SALT_BYTES = 16;

const MAGIC = encodeUtf8("parley backup\n");
const VERSION = 1;
const MAC_BYTES = 32;
/** What a file may ask of this machine before anything of it is known to be genuine. */
const MAX_COST: Required<PasswordCost> = { memoryKiB: 262_144, passes: 16, parallelism: 4 };

/**
 * Encodes a header and derives the key of what follows it.
 *
 * ```text
 * "parley backup\n" (14 bytes) | version u16 | memory in KiB u32 | passes u32 | lanes u32 | salt (16) | MAC (32)
 * ```
 *
 * All keys are HKDF-SHA-256 of the Argon2id key (RFC 9106), with everything before the MAC as salt: the MAC's
 * (HMAC-SHA-256) with the info `parley backup v1 header`, that of the chunks with `parley backup v1 content`. So no
 * byte of the header can be changed, and a wrong passphrase is told from a file that was changed.
 */
export async function encodeBackupHeader(
  { cost, salt }: BackupHeader,
  passphrase: Uint8Array,
): Promise<{ header: Uint8Array<ArrayBuffer>; contentKey: Uint8Array<ArrayBuffer> }> {
  const { memoryKiB, passes, parallelism } = cost;
  const writer = new Writer(BACKUP_HEADER_BYTES).bytes(MAGIC).u16(VERSION);
  const statement = writer.u32(memoryKiB).u32(passes).u32(parallelism).bytes(salt).finish();
  const { macKey, contentKey } = await deriveKeys(statement, { cost, salt }, passphrase);
  return { header: concatBytes(statement, signHmac("SHA-256", macKey, statement)), contentKey };
}

/**
 * Decodes a header.
 *
 * @throws {DecodeError} `backup-malformed` for what is no backup, `backup-newer`
 */
export function decodeBackupHeader(bytes: Uint8Array): BackupHeader {
  if (!equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) throw malformed("it does not begin like one");
  if (bytes.length < BACKUP_HEADER_BYTES) throw malformed("it is cut off");
  const reader = new Reader(bytes.subarray(MAGIC.length, BACKUP_HEADER_BYTES - MAC_BYTES));
  const version = reader.u16("version");
  if (version > VERSION) throw newer();
  if (version < VERSION) throw malformed("there is no such version");
  const cost = {
    memoryKiB: reader.u32("memory"),
    passes: reader.u32("passes"),
    parallelism: reader.u32("lanes"),
  };
  const isPlausible = cost.passes >= 1 && cost.parallelism >= 1 && cost.memoryKiB >= 8 * cost.parallelism &&
    cost.memoryKiB <= MAX_COST.memoryKiB && cost.passes <= MAX_COST.passes &&
    cost.parallelism <= MAX_COST.parallelism;
  if (!isPlausible) throw malformed("it would take too much work to open");
  return { cost, salt: reader.bytes(BACKUP_SALT_BYTES, "salt").slice() };
}

/**
 * Derives the key of what follows a header.
 *
 * @throws {AuthenticationError} `passphrase-wrong`
 */
export async function openBackupHeader(bytes: Uint8Array, passphrase: Uint8Array): Promise<Uint8Array> {
  const header = decodeBackupHeader(bytes);
  const statement = bytes.subarray(0, BACKUP_HEADER_BYTES - MAC_BYTES);
  const mac = bytes.subarray(BACKUP_HEADER_BYTES - MAC_BYTES, BACKUP_HEADER_BYTES);
  const { macKey, contentKey } = await deriveKeys(statement, header, passphrase);
  if (verifyHmac("SHA-256", macKey, statement, mac)) return contentKey;
  throw new AuthenticationError("passphrase-wrong", "cannot open the backup: wrong passphrase");
}

async function deriveKeys(
  statement: Uint8Array,
  { cost, salt }: BackupHeader,
  passphrase: Uint8Array,
): Promise<{ macKey: Uint8Array<ArrayBuffer>; contentKey: Uint8Array<ArrayBuffer> }> {
  const ikm = await deriveKeyFromPassword(passphrase, salt, cost);
  const derive = (purpose: string) =>
    hkdf("SHA-256", {
      ikm,
      salt: statement,
      info: encodeUtf8(`parley backup v1 ${purpose}`),
      length: chacha20Poly1305.Nk,
    });
  const keys = { macKey: derive("header"), contentKey: derive("content") };
  ikm.fill(0);
  return keys;
}

function newer(): DecodeError {
  return new DecodeError("backup-newer", "the backup was made by a newer parley", { hint: "update parley" });
}

function malformed(reason: string): DecodeError {
  return new DecodeError("backup-malformed", `this is no backup of parley: ${reason}`);
}
