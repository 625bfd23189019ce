import { join } from "node:path";
import { parsePem } from "../../lib/bytes/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import { parseCertificate, renewalDueAt } from "../../lib/pki/mod.ts";
import { formatDay } from "../format_time.ts";
import { printable } from "../printable.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const RESTORE = "restore it from a backup";

/** A certificate that somebody relies on. */
export interface CertificateFile {
  /** Whose it is. */
  readonly owner: string;
  /** Where it is, PEM; a file that is not there is not looked at. */
  readonly path: string;
  /** What to do when it ends. */
  readonly remedy: string;
}

/** The certificates of a data folder: of its authority, its relay and its identities. */
export function certificateFiles(
  home: string,
  identities: readonly { user: string; device: string }[],
): CertificateFile[] {
  return [
    {
      owner: "the authority",
      path: join(home, "ca", "ca.crt"),
      remedy: "make a new authority and enrol again",
    },
    {
      owner: "the relay",
      path: join(home, "relay", "server.pem"),
      remedy: "restart parley serve, which renews it",
    },
    ...identities.map(({ user, device }) => ({
      owner: `${user}/${device}`,
      path: join(home, "identities", user, device, "device.crt"),
      remedy: "any command that connects renews it",
    })),
  ];
}

/** Looks at how long the certificate in a file is valid; nothing where there is no file. */
export async function checkCertificate(file: CertificateFile, nowMs: number): Promise<Finding[]> {
  const check = `certificate of ${file.owner}`;
  try {
    const blocks = parsePem(await Deno.readTextFile(file.path));
    const certificate = blocks.find(({ label }) => label === "CERTIFICATE");
    if (certificate === undefined) return [fail(check, `${file.path} holds none`, RESTORE)];
    return [checkValidity(check, certificate.bytes, file.remedy, nowMs)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (!(error instanceof ParleyError)) throw error;
    return [
      fail(check, `${file.path} cannot be read: ${printable(error.message)}`, RESTORE),
    ];
  }
}

function checkValidity(check: string, der: Uint8Array, remedy: string, nowMs: number): Finding {
  const certificate = parseCertificate(der);
  const { notBefore, notAfter } = certificate;
  const until = formatDay(notAfter);
  if (nowMs > notAfter.getTime()) return fail(check, `it expired on ${until}`, remedy);
  if (nowMs < notBefore.getTime()) {
    return fail(check, `it begins on ${formatDay(notBefore)}`, "set this machine's clock");
  }
  if (nowMs > renewalDueAt(certificate).getTime()) return warn(check, `it ends on ${until}`, remedy);
  return ok(check, `valid until ${until}`);
}
