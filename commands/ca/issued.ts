import { formatCertificates, type Issuance } from "../../lib/pki/mod.ts";
import { type CaFolder, writeFileAtomically } from "../../lib/store/mod.ts";
import type { CommandContext } from "../command.ts";
import { formatDay } from "../format_time.ts";
import { printable } from "../printable.ts";

/** Where an issued certificate goes. */
export interface IssuedOutput {
  /** The file as given; undefined for standard output. */
  readonly out: string | undefined;
  /** Whether it is replaced. */
  readonly force: boolean;
}

/** Writes a certificate that was just issued, with those of the authorities above it, and says so. */
export function writeIssued(
  issuance: Issuance,
  { out, force }: IssuedOutput,
  ca: CaFolder,
  context: CommandContext,
  more: { readonly [name: string]: unknown } = {},
): void {
  const { serial, names, fingerprint, notAfter, certificate } = issuance;
  const pem = formatCertificates([certificate, ...ca.authority.chain]);
  const record = { type: "issued", serial, names, fingerprint, notAfter, ...more };
  if (out === undefined) return context.out.result({ ...record, pem }, pem);
  const path = context.resolve(out);
  writeFileAtomically(path, pem, { force });
  context.out.result(
    { ...record, certificate: path },
    `${printable(out)} for ${printable(names.join(", "))}, valid until ${
      formatDay(notAfter)
    }\n${fingerprint}`,
  );
}
