import { DecodeError, UsageError } from "../../lib/errors/mod.ts";
import { parsePkiDocuments, type PkiDocument, type PkiDocumentKind } from "../../lib/pki/mod.ts";
import type { CommandContext } from "../command.ts";
import { readAll } from "../input.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads the certificates, requests, CRLs and keys of a file in PEM or DER; `-` is standard input.
 *
 * @throws {UsageError} file-too-large, input-too-large
 * @throws {DecodeError} pem-malformed, document-unknown
 */
export async function readDocuments(file: string, context: CommandContext): Promise<PkiDocument[]> {
  if (file === "-") return parsePkiDocuments(await readAll(context.io.stdin, MAX_BYTES));
  const path = context.resolve(file);
  const { size } = await Deno.stat(path);
  if (size > MAX_BYTES) throw new UsageError("file-too-large", `${path} is larger than ${MAX_BYTES} bytes`);
  return parsePkiDocuments(await Deno.readFile(path));
}

/**
 * Reads the documents of one kind from a file that may hold others too.
 *
 * @throws {DecodeError} document-missing, and what {@link readDocuments} throws
 */
export async function readDocumentsOf(
  kind: PkiDocumentKind,
  file: string,
  context: CommandContext,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const found = (await readDocuments(file, context)).filter((one) => one.kind === kind);
  if (found.length > 0) return found.map(({ der }) => der);
  throw new DecodeError("document-missing", `${file} holds no ${NAMES[kind] ?? kind}`);
}

const NAMES: Partial<Record<PkiDocumentKind, string>> = {
  "certificate": "certificate",
  "request": "certificate request",
  "crl": "revocation list",
};
