import * as v from "valibot";
import { type CborValue, decodeCbor, encodeCbor } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import { bytesSchema, countSchema, entryIdSchema, timeSchema } from "./entry.ts";
import { limits } from "./limits.ts";
import { mailboxSchema } from "./names.ts";

/** Keeps a relay's signature from standing for anything else. */
const CONTEXT = "parley relay receipt v1";
const DIGEST_BYTES = 32;

/** That a relay has an entry on disk. */
export interface StoredEntry {
  /** The entry's id. */
  id: Uint8Array<ArrayBuffer>;
  /** Its place in the mailbox. */
  seq: number;
  /** When it was accepted, milliseconds since 1970. */
  time: number;
  /** The SHA-256 of its body. */
  digest: Uint8Array<ArrayBuffer>;
}

/** What a relay states of entries of a mailbox. */
export interface RelayStatement {
  /** The mailbox. */
  mailbox: string;
  /** The entries. */
  entries: StoredEntry[];
}

const statementSchema = v.strictTuple([
  v.literal(CONTEXT),
  mailboxSchema,
  v.pipe(
    v.array(
      v.strictTuple([entryIdSchema, countSchema, timeSchema, bytesSchema(DIGEST_BYTES, DIGEST_BYTES)]),
    ),
    v.maxLength(limits.maxReceiptEntries),
  ),
]);

/** Encodes what a relay signs, as it is: the CBOR array `[context, mailbox, [[id, seq, time, digest], …]]`. */
export function encodeRelayStatement({ mailbox, entries }: RelayStatement): Uint8Array<ArrayBuffer> {
  const rows = entries.map(({ id, seq, time, digest }) => [id, seq, time, digest]);
  return new Uint8Array(encodeCbor([CONTEXT, mailbox, rows] as CborValue));
}

/**
 * Decodes what a relay has signed.
 *
 * @throws {DecodeError} `cbor-malformed`, `message-malformed`
 */
export function decodeRelayStatement(bytes: Uint8Array): RelayStatement {
  const { success, output } = v.safeParse(statementSchema, decodeCbor(bytes));
  if (!success) throw new DecodeError("message-malformed", "cannot decode the relay's receipt");
  const [, mailbox, rows] = output;
  return { mailbox, entries: rows.map(([id, seq, time, digest]) => ({ id, seq, time, digest })) };
}
