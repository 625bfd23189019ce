import type { DocumentFacts } from "../../lib/pki/mod.ts";
import { printable } from "../printable.ts";
import type { Style } from "../style.ts";

type Row = [label: string, value: string];

const MAX_REVOKED_ROWS = 1_000;

/** Formats what a document says: its kind, then a line for each fact. */
export function formatFacts(facts: DocumentFacts, style: Style): string {
  const rows = listRows(facts).filter(([, value]) => value !== "");
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${printable(value)}`);
  return [style.bold(titleOf(facts)), ...lines].join("\n");
}

function titleOf(facts: DocumentFacts): string {
  switch (facts.type) {
    case "certificate":
      return facts.isCa ? "Certificate of an authority" : "Certificate";
    case "request":
      return "Certificate request";
    case "crl":
      return "Revocation list";
    case "key":
      return facts.half === "private" ? "Private key" : "Public key";
    case "encrypted-key":
      return "Private key, encrypted under a passphrase";
  }
}

function listRows(facts: DocumentFacts): Row[] {
  switch (facts.type) {
    case "certificate":
      return [
        ["subject", facts.subject],
        ["issuer", facts.issuer],
        ["serial", facts.serial],
        ["names", facts.names.join(", ")],
        ["valid", `${facts.notBefore.toISOString()} to ${facts.notAfter.toISOString()}`],
        ["for", facts.extendedKeyUsage.join(", ")],
        ["key usage", facts.keyUsage.join(", ")],
        ["path length", facts.pathLength === undefined ? "" : String(facts.pathLength)],
        ["not known", facts.notUnderstood.join(", ")],
        ["key", facts.key],
        ["signed with", facts.signature],
        ["fingerprint", facts.fingerprint],
        ["SHA-256", facts.sha256],
      ];
    case "request":
      return [
        ["subject", facts.subject],
        ["names", facts.names.join(", ")],
        ["asks for", facts.requested.join(", ")],
        ["key", facts.key],
        ["signed with", `${facts.signature}${facts.isSigned ? "" : " (not accepted)"}`],
        ["fingerprint", facts.fingerprint],
      ];
    case "crl":
      return [
        ["issuer", facts.issuer],
        ["number", String(facts.number)],
        ["valid", `${facts.thisUpdate.toISOString()} to ${facts.nextUpdate.toISOString()}`],
        ["signed with", facts.signature],
        ["revoked", String(facts.revoked.length)],
        ...facts.revoked.slice(0, MAX_REVOKED_ROWS).map(({ serial, revokedAt, reason }): Row => [
          "",
          `${serial}  ${revokedAt.toISOString()}  ${reason}`,
        ]),
      ];
    case "key":
      return [["key", facts.key], ["fingerprint", facts.fingerprint], ["words", facts.words]];
    case "encrypted-key":
      return [];
  }
}
