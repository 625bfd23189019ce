import { object } from "@optique/core/constructs";
import { listIdentities } from "../lib/client/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { certificateFiles, checkCertificate } from "./doctor/certificates.ts";
import { checkClock } from "./doctor/clock.ts";
import { checkDataFolder } from "./doctor/data_folder.ts";
import { checkDisk } from "./doctor/disk.ts";
import type { Finding } from "./doctor/finding.ts";
import { checkKnownAnswers, knownAnswers } from "./doctor/known_answers.ts";
import { checkRelay } from "./doctor/relay.ts";
import { checkRoundTrip } from "./doctor/round_trip.ts";
import { exitCodes } from "./exit_codes.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";

/** `parley doctor`. */
export const doctor = defineCommand({
  description:
    "Computes published known answers of every primitive, looks at the data folder's permissions, clock, " +
    "certificates and disk, at the relay of each identity in it, and does the whole job once in a temporary " +
    "folder: authority, relay, enrolment, group, message. Each line is ok, warn or fail. The exit code is 1 " +
    "where anything fails, 0 otherwise.",
  examples: [
    { line: "parley doctor", does: "Check this machine and the data folder" },
    { line: "parley doctor --json --home /var/lib/parley", does: "The same of a server, for a monitor" },
  ],
  parser: object({}),
  async execute(_values, context) {
    let failed = false;
    for (const check of listChecks(context)) {
      for (const finding of await check()) {
        report(finding, context);
        failed ||= finding.status === "fail";
      }
    }
    return failed ? exitCodes.failed : exitCodes.done;
  },
});

function listChecks({ home, io, signal }: CommandContext): (() => Promise<Finding[]>)[] {
  const now = () => io.now();
  return [
    () => checkKnownAnswers(knownAnswers),
    () => checkDataFolder(home),
    () => checkDisk(home),
    () => Promise.resolve([checkClock(now())]),
    async () => {
      const files = certificateFiles(home, await listIdentities(home));
      return (await Promise.all(files.map((file) => checkCertificate(file, now())))).flat();
    },
    async () => {
      const identities = await listIdentities(home);
      return (await Promise.all(identities.map((one) => checkRelay(one, { home, now, signal })))).flat();
    },
    async () => [await checkRoundTrip(signal)],
  ];
}

function report({ check, status, detail, hint }: Finding, { out }: CommandContext): void {
  out.result(
    { type: "finding", check, status, detail, ...(hint !== undefined && { hint }) },
    (style) => {
      const line = `${paint(style, status)}  ${printable(check)}: ${printable(detail)}\n`;
      return hint === undefined ? line : `${line}      hint: ${printable(hint)}\n`;
    },
  );
}

function paint(style: Style, status: Finding["status"]): string {
  const padded = status.padEnd(4);
  if (status === "ok") return style.green(padded);
  return status === "fail" ? style.red(padded) : style.bold(padded);
}
