import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { UsageError } from "../../lib/errors/mod.ts";
import type { LoggedIssuance } from "../../lib/pki/mod.ts";
import { defineCommand } from "../command.ts";
import { formatDay } from "../format_time.ts";
import type { JsonRecord } from "../json_line.ts";
import { printable } from "../printable.ts";
import type { Style } from "../style.ts";
import { caFolderOptions, openCaLog } from "./ca_folder.ts";
import { duration } from "./duration.ts";
import { parseTarget } from "./target.ts";

type Status = "active" | "revoked" | "expired";

/** `parley ca list`. */
export const caList = defineCommand({
  description: "One certificate a line, oldest first: serial number, status, end of validity, names.",
  examples: [
    { line: "parley ca list --dir ca", does: "List every certificate" },
    { line: "parley ca list --user alice --json", does: "Those of alice's devices, one JSON object each" },
    { line: "parley ca list --expiring 14d", does: "Those in force that end within two weeks" },
    { line: "parley ca list --revoked", does: "Those that were revoked, with the reason" },
  ],
  parser: merge(
    caFolderOptions,
    object({
      user: optional(option("--user", string({ metavar: "USER[/DEVICE]" }), {
        description: message`Only the certificates of this user or device`,
      })),
      expiring: optional(option("--expiring", duration(), {
        description: message`Only those in force that end within this time, such as 14d or 12h`,
      })),
      revoked: option("--revoked", { description: message`Only those that were revoked` }),
    }),
  ),
  execute({ user, expiring, revoked, ...values }, context) {
    if (revoked && expiring !== undefined) {
      throw new UsageError(
        "option-conflict",
        "--revoked contradicts --expiring: what is revoked is not in force",
      );
    }
    using ca = openCaLog(values, context);
    const endsBefore = expiring === undefined ? Infinity : context.io.now() + expiring;
    for (const issuance of ca.authority.list(user === undefined ? {} : parseTarget(user))) {
      const status = ca.authority.statusOf(issuance);
      if (revoked && status !== "revoked") continue;
      if (expiring !== undefined && (status !== "active" || issuance.notAfter.getTime() > endsBefore)) {
        continue;
      }
      context.out.result(toRecord(issuance, status), (style) => formatRow(issuance, status, style));
    }
    return Promise.resolve();
  },
});

function toRecord(issuance: LoggedIssuance, status: Status): JsonRecord {
  const { serial, kind, names, user, device, fingerprint, issuedAt, notAfter, revocation, linkedBy } =
    issuance;
  return {
    type: "certificate",
    serial,
    kind,
    names,
    user,
    device,
    fingerprint,
    status,
    issuedAt,
    notAfter,
    revokedAt: revocation?.revokedAt,
    reason: revocation?.reason,
    linkedBy,
  };
}

function formatRow(issuance: LoggedIssuance, status: Status, style: Style): string {
  const { serial, notAfter, names, revocation } = issuance;
  const reason = revocation === undefined
    ? ""
    : `  (${revocation.reason}, ${formatDay(revocation.revokedAt)})`;
  const colour = { active: style.green, revoked: style.red, expired: style.dim }[status];
  const state = colour(status.padEnd("revoked".length));
  return `${serial}  ${state}  ${formatDay(notAfter)}  ${printable(names.join(", "))}${reason}`;
}
