import * as v from "valibot";
import { decodeCbor, encodeCbor } from "../../bytes/mod.ts";
import { SecretBytes } from "../../crypto/mod.ts";
import { DecodeError } from "../../errors/mod.ts";
import { type ArchiveColumns, type ArchiveValue, parseArchiveColumns } from "../../store/mod.ts";

/** Whose a backup is, and all that is needed to be that device. */
export interface BackupIdentity {
  /** When the backup was made, milliseconds since 1970. */
  time: number;
  /** The user. */
  user: string;
  /** The device. */
  device: string;
  /** The relay's name or address. */
  host: string;
  /** The relay's port. */
  port: number;
  /** Whether the device's keys were under a passphrase. */
  protected: boolean;
  /** The device's private key, PKCS#8 in DER. */
  privateKey: SecretBytes;
  /** The certificate chain in DER, without the root. */
  certificates: Uint8Array[];
  /** The root certificate in DER. */
  root: Uint8Array;
  /** The newest CRL in DER. */
  crl?: Uint8Array;
}

/** How much a backup holds. */
export interface BackupCounts {
  /** Conversations of which the history has something. */
  conversations: number;
  /** Messages that people wrote. */
  messages: number;
  /** Records about users and devices: marks and labels. */
  marks: number;
  /** Messages that had not been sent. */
  queued: number;
}

/**
 * A record of a backup. `identity` comes first, `end` last. `table` says of which table the `row`s are that follow
 * it, and what their values are.
 */
export type BackupRecord =
  | { type: "identity"; identity: BackupIdentity }
  | { type: "table"; into: ArchiveColumns }
  | { type: "row"; values: ArchiveValue[] }
  | { type: "end"; counts: BackupCounts };

/** A longer record is refused before it is read. CRLs are the longest. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

const bytes = v.custom<Uint8Array<ArrayBuffer>>((input) => input instanceof Uint8Array);
const name = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,31}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const identitySchema = v.object({
  time: v.pipe(count, v.maxValue(8_640_000_000_000_000)),
  user: name,
  device: name,
  host: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  protected: v.boolean(),
  privateKey: v.pipe(bytes, v.transform((der) => new SecretBytes(der))),
  certificates: v.pipe(v.array(bytes), v.minLength(1), v.maxLength(10)),
  root: bytes,
  crl: v.optional(bytes),
});
const countsSchema = v.object({ conversations: count, messages: count, marks: count, queued: count });
const columnsSchema = v.array(v.string());

/**
 * Encodes a record: a CBOR array whose first element is the type; then for `identity` and `end` a map, for `table` its
 * name and its columns, for `row` the values.
 */
export function encodeBackupRecord(record: BackupRecord): Uint8Array {
  switch (record.type) {
    case "identity":
      return encodeCbor(["identity", {
        ...record.identity,
        privateKey: record.identity.privateKey.expose(),
      }]);
    case "table":
      return encodeCbor(["table", record.into.table, [...record.into.columns]]);
    case "row":
      return encodeCbor(["row", record.values]);
    case "end":
      return encodeCbor(["end", { ...record.counts }]);
  }
}

/**
 * Decodes a record.
 *
 * @throws {DecodeError} `backup-malformed`, `backup-newer`
 */
export function decodeBackupRecord(encoded: Uint8Array): BackupRecord {
  const [type, ...rest] = decodeArray(encoded);
  if (type === "row" && rest.length === 1 && isRow(rest[0])) return { type, values: rest[0] };
  if (type === "table" && rest.length === 2) {
    return { type, into: parseArchiveColumns(check(v.string(), rest[0]), check(columnsSchema, rest[1])) };
  }
  if (type === "identity" && rest.length === 1) return { type, identity: check(identitySchema, rest[0]) };
  if (type === "end" && rest.length === 1) return { type, counts: check(countsSchema, rest[0]) };
  throw malformedBackup();
}

function decodeArray(encoded: Uint8Array): unknown[] {
  try {
    const value = decodeCbor(encoded);
    if (Array.isArray(value)) return value;
  } catch (cause) {
    throw malformedBackup(cause);
  }
  throw malformedBackup();
}

function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const { success, output } = v.safeParse(schema, value);
  if (!success) throw malformedBackup();
  return output as T;
}

/** Not by a schema, for it is done for every row. */
function isRow(values: unknown): values is ArchiveValue[] {
  return Array.isArray(values) &&
    values.every((value) =>
      value === null || typeof value === "number" || typeof value === "string" || value instanceof Uint8Array
    );
}

/** What is said of a backup that is genuine and does not make sense. */
export function malformedBackup(cause?: unknown): DecodeError {
  return new DecodeError("backup-malformed", "cannot decode the backup", { cause });
}
