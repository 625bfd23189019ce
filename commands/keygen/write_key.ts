import { formatPem } from "../../lib/bytes/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import {
  type AsymmetricKey,
  createCertificateRequest,
  exportPublicKey,
  fingerprintOf,
  fingerprintWordsOf,
  formatJsonWebKey,
  formatPrivateKey,
  importPkcs8,
  parseRequestSubject,
  type Pkcs8Protection,
} from "../../lib/pki/mod.ts";
import { writeFileAtomically } from "../../lib/store/mod.ts";
import type { CommandContext } from "../command.ts";
import type { JsonRecord } from "../json_line.ts";

/** What is written, and where to. */
export interface KeyOutput {
  /** The file of the key; undefined for standard output. */
  readonly path: string | undefined;
  /** The form of the key. */
  readonly format: "pem" | "jwk";
  /** Whether the private half is left out. */
  readonly publicOnly: boolean;
  /** Whom a certificate request is for, where one is wanted. */
  readonly subject: string | undefined;
  /** Whether files are replaced. */
  readonly force: boolean;
}

/** The files that {@link writeKey} writes. */
export function keyPaths({ path, publicOnly, subject }: KeyOutput): string[] {
  if (path === undefined) return [];
  const publicPath = publicOnly ? [] : [`${path}.pub`];
  return [path, ...publicPath, ...(subject === undefined ? [] : [`${path}.csr`])];
}

/** Writes a key, its public half and a request, and overwrites the private key in memory. */
export async function writeKey(
  key: AsymmetricKey,
  output: KeyOutput,
  protection: Pkcs8Protection | undefined,
  context: CommandContext,
): Promise<void> {
  try {
    const request = output.subject === undefined ? undefined : await createRequest(key, output.subject);
    const { algorithm, spki } = key;
    const facts = { algorithm, fingerprint: fingerprintOf(spki), words: fingerprintWordsOf(spki) };
    if (request !== undefined && output.path === undefined) {
      return context.out.result({ type: "request", ...facts, request }, request);
    }
    await writeHalves(key, output, protection, facts, request, context);
  } finally {
    key.pkcs8?.fill(0);
  }
}

async function writeHalves(
  key: AsymmetricKey,
  { path, format, publicOnly, force }: KeyOutput,
  protection: Pkcs8Protection | undefined,
  facts: { algorithm: string; fingerprint: string; words: string },
  request: string | undefined,
  context: CommandContext,
): Promise<void> {
  const publicText = await formatPublic(key, format);
  const privateText = publicOnly || key.pkcs8 === undefined
    ? undefined
    : await formatPrivate({ ...key, pkcs8: key.pkcs8 }, format, protection);
  const record: JsonRecord = { type: "key", ...facts, publicKey: publicText };
  if (path === undefined) {
    context.out.result({ ...record, privateKey: privateText }, privateText ?? publicText);
    return context.out.note(`${facts.fingerprint}\n${facts.words}`);
  }
  if (privateText === undefined) writeFileAtomically(path, publicText, { force });
  else {
    writeFileAtomically(path, privateText, { mode: 0o600, force });
    writeFileAtomically(`${path}.pub`, publicText, { force });
  }
  if (request !== undefined) writeFileAtomically(`${path}.csr`, request, { force });
  context.out.result(
    { ...record, path, ...(request !== undefined && { request: `${path}.csr` }) },
    `${facts.fingerprint}\n${facts.words}`,
  );
}

async function formatPublic(
  { pkcs8: _, ...half }: AsymmetricKey,
  format: KeyOutput["format"],
): Promise<string> {
  return format === "jwk" ? await formatJsonWebKey(half) : exportPublicKey(half.spki);
}

async function formatPrivate(
  key: AsymmetricKey & { pkcs8: Uint8Array<ArrayBuffer> },
  format: KeyOutput["format"],
  protection: Pkcs8Protection | undefined,
): Promise<string> {
  if (format === "pem") return await formatPrivateKey(key.pkcs8, protection);
  if (protection === undefined) return await formatJsonWebKey(key);
  throw new UsageError("jwk-unprotected", "a JSON Web Key cannot be encrypted under a passphrase", {
    hint: "use --format pem, --public, or --no-passphrase with --in",
  });
}

async function createRequest({ pkcs8 }: AsymmetricKey, subject: string): Promise<string> {
  const parsed = parseRequestSubject(subject);
  if (pkcs8 === undefined) {
    throw new UsageError("private-key-needed", "a certificate request needs the private key");
  }
  return formatPem("CERTIFICATE REQUEST", await createCertificateRequest(await importPkcs8(pkcs8), parsed));
}
