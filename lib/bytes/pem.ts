import { DecodeError } from "../errors/mod.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** One PEM block (RFC 7468). */
export interface PemBlock {
  /** The label between the dashes, such as `CERTIFICATE`. */
  label: string;
  /** The decoded content. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** PEM files larger than this are refused. */
const MAX_PEM_CHARACTERS = 4 * 1024 * 1024;
const BLOCK = /-----BEGIN ([A-Z0-9 #]{1,64})-----([A-Za-z0-9+/=\s]*)-----END ([A-Z0-9 #]{1,64})-----/g;

/** Formats one PEM block (RFC 7468 §3) with lines of 64 characters and a final newline. */
export function formatPem(label: string, bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * Parses every PEM block of a text; what stands between blocks is ignored (RFC 7468 §2).
 *
 * @throws {DecodeError} `pem-malformed` where there is no block, or a block is broken
 */
export function parsePem(text: string): PemBlock[] {
  if (text.length > MAX_PEM_CHARACTERS) throw malformed("larger than 4 MiB");
  const blocks: PemBlock[] = [];
  for (const [, label, body, endLabel] of text.matchAll(BLOCK)) {
    if (label !== endLabel) throw malformed(`BEGIN ${label} ends with END ${endLabel}`);
    blocks.push({ label: label!, bytes: decodeBase64(body!) });
  }
  const begins = text.match(/-----BEGIN /g)?.length ?? 0;
  if (blocks.length === 0) throw malformed("no PEM block found");
  if (blocks.length !== begins) throw malformed("a block is broken");
  return blocks;
}

function malformed(reason: string): DecodeError {
  return new DecodeError("pem-malformed", `cannot parse PEM: ${reason}`, {
    hint: "expected text between -----BEGIN …----- and -----END …-----",
  });
}
