import { DecodeError } from "../../lib/errors/mod.ts";
import { parsePkiDocuments, type PkiDocument, type PkiDocumentKind } from "../../lib/pki/mod.ts";
import type { CommandContext } from "../command.ts";
import { readAll } from "../input.ts";
import { readInputFile } from "../input_file.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads the certificates, requests, CRLs and keys of a file in PEM or DER; `-` is standard input.
 *
 * @throws {UsageError} file-not-found, file-too-large, input-too-large
 * @throws {DecodeError} pem-malformed, document-unknown
 */
export async function readDocuments(file: string, context: CommandContext): Promise<PkiDocument[]> {
  if (file === "-") return parsePkiDocuments(await readAll(context.io.stdin, MAX_BYTES));
  return parsePkiDocuments(await readInputFile(context.resolve(file), MAX_BYTES));
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
