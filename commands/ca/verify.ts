import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { AuthenticationError, UsageError } from "../../lib/errors/mod.ts";
import {
  type CertificateUsage,
  inspectCertificate,
  parseCertificate,
  parseRevocationList,
  type VerifiedCertificate,
  verifyChain,
} from "../../lib/pki/mod.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { formatDay } from "../format_time.ts";
import { path } from "../path_value.ts";
import { printable } from "../printable.ts";
import { caFolderOptions, type CaFolderValues, openCaLog } from "./ca_folder.ts";
import { namingCheck } from "./failed_check.ts";
import { readDocumentsOf } from "./read_documents.ts";

/** `parley ca verify`. */
export const caVerify = defineCommand({
  description:
    "Makes every check of docs/VERIFICATION.md on a chain, leaf first, and says which one failed (exit code 4). " +
    "What is trusted is the root in --root, or else that of the authority in --dir, whose log then says what is " +
    "revoked. With --crl the revocation list has to be there for the leaf's issuer and must not have run out.",
  examples: [
    { line: "parley ca verify --dir ca server.crt --name localhost", does: "Verify a server's certificate" },
    {
      line: "parley ca verify device.crt --root ca.crt --crl ca.crl",
      does: "Verify a device's certificate against a revocation list",
    },
    {
      line: "parley ca verify --dir ca relay.crt --at 2027-01-01",
      does: "See whether it is valid on a day to come",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      file: argument(path("CHAIN", "file"), {
        description: message`The certificate and those above it, PEM, leaf first; or one in DER; or -`,
      }),
      root: optional(option("--root", path("FILE", "file"), {
        description: message`The certificate of the root to trust, instead of the authority's`,
      })),
      usage: optional(option("--usage", choice(["server", "device"], { metavar: "USAGE" }), {
        description: message`What it is presented for (default: what it says it is for)`,
      })),
      name: optional(option("--name", string({ metavar: "NAME" }), {
        description: message`The DNS name, address or USER/DEVICE that it has to name`,
      })),
      crl: multiple(option("--crl", path("FILE", "file"), {
        description: message`A revocation list, PEM or DER; may be given for each authority of the chain`,
      })),
      at: optional(option("--at", string({ metavar: "TIME" }), {
        description:
          message`The instant to verify for, such as 2027-01-31 or 2027-01-31T12:00:00Z (default: now)`,
      })),
    }),
  ),
  async execute({ file, root, usage: given, name, crl, at, ...values }, context) {
    const now = at === undefined ? new Date(context.io.now()) : parseInstant(at);
    const chain = await readDocumentsOf("certificate", file, context);
    const crls = (await Promise.all(crl.map((one) => readDocumentsOf("crl", one, context)))).flat();
    const usage = given ?? usageOf(chain[0]!);
    const question: Question = { chain, crls, usage, name, now };
    const verified = await namingCheck(() =>
      root === undefined
        ? verifyUnderAuthority(question, values, context)
        : verifyUnderRoot(question, root, context)
    );
    const { user, device, serverNames, serial, notAfter } = verified;
    const names = user === undefined ? serverNames : [`${user}/${device}`];
    context.out.result(
      {
        type: "verified",
        usage,
        names,
        serial,
        notAfter,
        at: now,
        checkedRevocation: crls.length > 0 || root === undefined,
      },
      `valid as a ${usage}: ${printable(names.join(", "))}, until ${formatDay(notAfter)}`,
    );
  },
});

interface Question {
  chain: Uint8Array[];
  crls: Uint8Array[];
  usage: CertificateUsage;
  name: string | undefined;
  now: Date;
}

async function verifyUnderRoot(
  question: Question,
  file: string,
  context: CommandContext,
): Promise<VerifiedCertificate> {
  const authorities = await readDocumentsOf("certificate", file, context);
  return await verify(question, authorities);
}

/** The authority's own log is as good as its newest list. */
async function verifyUnderAuthority(
  question: Question,
  values: CaFolderValues,
  context: CommandContext,
): Promise<VerifiedCertificate> {
  using ca = openCaLog(values, context);
  const verified = await verify(question, [...ca.authority.chain]);
  const issued = ca.log.findIssuance(verified.serial);
  if (issued?.revocation === undefined) return verified;
  const { reason, revokedAt } = issued.revocation;
  throw new AuthenticationError(
    "cert-revoked",
    `certificate refused: it was revoked on ${formatDay(revokedAt)} (${reason})`,
  );
}

/** `authorities` ends with the root. */
async function verify(question: Question, authorities: Uint8Array[]): Promise<VerifiedCertificate> {
  const { chain, crls, usage, name, now } = question;
  const isServer = usage === "server";
  const verified = await verifyChain({
    chain,
    roots: authorities.slice(-1),
    intermediates: authorities.slice(0, -1),
    crls,
    usage,
    now,
    ...(isServer && name !== undefined && { serverName: name }),
  });
  if (!isServer && name !== undefined && name !== `${verified.user}/${verified.device}`) {
    throw new AuthenticationError(
      "cert-name",
      `certificate refused: it is not that of ${JSON.stringify(name)}`,
    );
  }
  if (crls.length > 0) checkLists(verified, crls, now);
  return verified;
}

/** Whoever asks with a list wants an answer from it: one that is not there or has run out says nothing. */
function checkLists({ certificate }: VerifiedCertificate, crls: Uint8Array[], now: Date): void {
  const lists = crls.map(parseRevocationList);
  const { issuer } = parseCertificate(certificate);
  const list = lists.find((one) => one.issuer.toHex() === issuer.toHex());
  if (list === undefined) {
    throw new AuthenticationError("crl-missing", "no revocation list is that of the certificate's issuer");
  }
  if (now < list.thisUpdate || now > list.nextUpdate) {
    throw new AuthenticationError(
      "crl-expired",
      `the revocation list is valid from ${list.thisUpdate.toISOString()} to ${list.nextUpdate.toISOString()}`,
    );
  }
}

function usageOf(leaf: Uint8Array): CertificateUsage {
  return inspectCertificate(leaf).extendedKeyUsage.includes("serverAuth") ? "server" : "device";
}

function parseInstant(text: string): Date {
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? new Date(text) : new Date(NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new UsageError("time-malformed", `not a time: ${JSON.stringify(text.slice(0, 80))}`, {
    hint: "expected 2027-01-31 or 2027-01-31T12:00:00Z",
  });
}
