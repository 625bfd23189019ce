import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { DAY_MS, parseRelayAddress } from "../../lib/pki/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { defineCommand } from "../command.ts";
import { caFolderOptions, openCaLog } from "./ca_folder.ts";
import { daysOption } from "./days.ts";

/** `parley ca invite`. */
export const caInvite = defineCommand({
  description:
    "An invite is a secret: whoever has it can enrol one device as this user, once. It carries the " +
    "relay's address and the authority's fingerprint; the authority keeps only the hash of its token. The relay " +
    "must hold this authority (parley serve --ca).",
  examples: [
    {
      line: "parley ca invite --dir ca --relay relay.example.org:7443 alice",
      does: "Print an invite for alice, valid for a week",
    },
    {
      line: "parley ca invite --relay 127.0.0.1:7443 --days 1 bob --json",
      does: "The same for a script, valid for a day",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      relay: option("--relay", string({ metavar: "HOST:PORT" }), {
        description: message`Where the invited device reaches the relay`,
      }),
      days: daysOption(7, message`How long the invite can be used`),
      qr: option("--qr", {
        description: message`Draw the invite as a QR code as well, which is done at a terminal anyway`,
      }),
      user: argument(string({ metavar: "USER" }), { description: message`Who is invited` }),
    }),
  ),
  async execute({ relay, days, user, qr, ...values }, context) {
    if (qr && context.out.json) {
      throw new UsageError("qr-with-json", "--qr is for people, --json for programs");
    }
    using ca = openCaLog(values, context);
    const created = ca.authority.createInvite({
      user,
      relay: parseRelayAddress(relay),
      expiresInMs: days * DAY_MS,
    });
    const { invite, expiresAt } = created;
    const draws = qr || !context.out.json && context.io.stdout.isTerminal();
    const drawing = draws ? `\n${(await import("../qr_code.ts")).drawQrCode(invite)}` : "";
    context.out.result({ type: "invite", invite, user: created.user, expiresAt }, invite + drawing);
    context.out.note(
      `for one device of ${created.user}, until ${expiresAt.toISOString()}; it is used with: parley enroll "INVITE"`,
    );
  },
});
