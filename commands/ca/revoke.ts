import { merge, object, or } from "@optique/core/constructs";
import { message, optionName } from "@optique/core/message";
import { withDefault } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { REVOCATION_REASONS } from "../../lib/pki/mod.ts";
import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { caFolderOptions, openCaLog } from "./ca_folder.ts";
import { parseTarget } from "./target.ts";

/** `parley ca revoke`. */
export const caRevoke = defineCommand({
  description:
    "A relay that holds this authority closes the connections of what is revoked within a second. " +
    "Everyone else learns it from the next revocation list (parley ca crl).",
  examples: [
    { line: "parley ca revoke --dir ca alice/laptop", does: "Revoke one device" },
    { line: "parley ca revoke alice --reason cessation-of-operation", does: "Revoke all devices of a user" },
    {
      line: "parley ca revoke --serial 4f0c2d5b9a7e41d38c6b0f1e2d3c4b5a",
      does: "Revoke any certificate by its serial number, a server's too",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      target: or(
        argument(string({ metavar: "USER[/DEVICE]" }), {
          description: message`Whose certificates: all of a user's devices, or one`,
        }),
        object({
          serial: option("--serial", string({ metavar: "HEX" }), {
            description: message`The serial number of one certificate`,
          }),
        }),
        {
          errors: { noMatch: message`What to revoke is missing: USER[/DEVICE] or ${optionName("--serial")}` },
        },
      ),
      reason: withDefault(
        option("--reason", choice(REVOCATION_REASONS, { metavar: "REASON" }), {
          description: message`The reason that the revocation list gives`,
        }),
        "unspecified" as const,
      ),
    }),
  ),
  execute({ target, reason, ...values }, context) {
    using ca = openCaLog(values, context);
    const revoked = ca.authority.revoke(typeof target === "string" ? parseTarget(target) : target, reason);
    for (const { serial, names, revocation } of revoked) {
      context.out.result(
        { type: "revoked", serial, names, reason, revokedAt: revocation?.revokedAt },
        `revoked ${printable(names.join(", "))} (${serial})`,
      );
    }
    return Promise.resolve();
  },
});
