import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { LoggedIssuance } from "../../lib/pki/mod.ts";
import { defineCommand } from "../command.ts";
import type { JsonRecord } from "../json_line.ts";
import { printable } from "../printable.ts";
import type { Style } from "../style.ts";
import { caFolderOptions, openCaLog } from "./ca_folder.ts";
import { parseTarget } from "./target.ts";

type Status = "active" | "revoked" | "expired";

/** `parley ca list`. */
export const caList = defineCommand({
  description: "One certificate a line, oldest first: serial number, status, end of validity, names.",
  examples: [
    { line: "parley ca list --dir ca", does: "List every certificate" },
    { line: "parley ca list alice --json", does: "Those of alice's devices, one JSON object each" },
  ],
  parser: merge(
    caFolderOptions,
    object({
      target: optional(argument(string({ metavar: "USER[/DEVICE]" }), {
        description: message`Only the certificates of this user or device`,
      })),
    }),
  ),
  execute({ target, ...values }, context) {
    using ca = openCaLog(values, context);
    for (const issuance of ca.authority.list(target === undefined ? {} : parseTarget(target))) {
      const status = ca.authority.statusOf(issuance);
      context.out.result(toRecord(issuance, status), (style) => formatRow(issuance, status, style));
    }
    return Promise.resolve();
  },
});

function toRecord(issuance: LoggedIssuance, status: Status): JsonRecord {
  const { serial, kind, names, user, device, fingerprint, issuedAt, notAfter, revocation } = issuance;
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
  };
}

function formatRow({ serial, notAfter, names }: LoggedIssuance, status: Status, style: Style): string {
  const colour = { active: style.green, revoked: style.red, expired: style.dim }[status];
  const day = notAfter.toISOString().slice(0, "2000-01-01".length);
  return `${serial}  ${colour(status.padEnd("revoked".length))}  ${day}  ${printable(names.join(", "))}`;
}
