import { object } from "@optique/core/constructs";
import { listIdentities } from "../lib/client/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { certificateFiles, checkCertificate } from "./doctor/certificates.ts";
import { checkClock } from "./doctor/clock.ts";
import { checkDataFolder } from "./doctor/data_folder.ts";
import { checkDisk } from "./doctor/disk.ts";
import { fail, type Finding } from "./doctor/finding.ts";
import { checkKnownAnswers, knownAnswers } from "./doctor/known_answers.ts";
import { checkRelay } from "./doctor/relay.ts";
import { checkRoundTrip } from "./doctor/round_trip.ts";
import { exitCodes } from "./exit_codes.ts";
import { toCommandError } from "./failure.ts";
import { StoppedError } from "./io.ts";
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
    for (const [name, check] of listChecks(context)) {
      for (const finding of await runCheck(name, check)) {
        report(finding, context);
        failed ||= finding.status === "fail";
      }
    }
    return failed ? exitCodes.failed : exitCodes.done;
  },
});

type Check = () => Promise<Finding[]>;

/** What keeps one check from being made is a finding too, and the next ones are made all the same. */
async function runCheck(name: string, check: Check): Promise<Finding[]> {
  try {
    return await check();
  } catch (thrown) {
    if (thrown instanceof StoppedError) throw thrown;
    const { kind, message, hint } = toCommandError(thrown);
    if (kind === "internal") throw thrown;
    return [fail(name, message, hint ?? "run it as the user whose data folder it is")];
  }
}

function listChecks({ home, io, signal }: CommandContext): [name: string, check: Check][] {
  const now = () => io.now();
  return [
    ["known answers", () => checkKnownAnswers(knownAnswers)],
    ["permissions", () => checkDataFolder(home)],
    ["disk", () => checkDisk(home)],
    ["clock", () => Promise.resolve([checkClock(now())])],
    ["certificates", async () => {
      const files = certificateFiles(home, await listIdentities(home));
      return (await Promise.all(files.map((file) => checkCertificate(file, now())))).flat();
    }],
    ["relay", async () => {
      const identities = await listIdentities(home);
      return (await Promise.all(identities.map((one) => checkRelay(one, { home, now, signal })))).flat();
    }],
    ["round trip", async () => [await checkRoundTrip(signal)]],
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
