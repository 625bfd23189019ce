import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { UsageError } from "../../lib/errors/mod.ts";
import { duration } from "../ca/duration.ts";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";

const HOUR_MS = 3_600_000;
/** What an authority accepts. */
const MAX_EXPIRES_MS = 7 * 24 * HOUR_MS;

/** `parley devices link`. */
export const devicesLink = defineCommand({
  description:
    "Prints an invite, signed by this device, with which another one enrols as yours, once: parley enroll INVITE. It " +
    "is a secret. The new device becomes a member of all your conversations and reads what is written from then on; " +
    "with --history it gets what this one has, when both have connected (parley inbox). " +
    "Where this device is revoked before the invite is used, the invite is worth nothing.",
  examples: [
    { line: "parley devices link --device phone", does: "Print an invite for phone, valid for an hour" },
    {
      line: "parley devices link --device phone --expires 10m --json",
      does: "The same for a script, valid for ten minutes",
    },
  ],
  parser: merge(
    object({
      device: option("--device", string({ metavar: "NAME" }), {
        description: message`The name that the new device gets`,
      }),
      expires: withDefault(
        option("--expires", duration(), {
          description: message`How long the invite can be used, a week at most`,
        }),
        HOUR_MS,
      ),
      history: option("--history", {
        description: message`Give the new device the history of this one, end-to-end encrypted`,
      }),
      qr: option("--qr", {
        description: message`Draw the invite as a QR code as well, which is done at a terminal anyway`,
      }),
    }),
    passphraseOptions,
  ),
  async execute({ device: name, expires, history, qr, ...passphrase }, context) {
    const { out, io } = context;
    if (expires > MAX_EXPIRES_MS) {
      throw new UsageError("bad-arguments", "an invite by a device can be used for a week at most");
    }
    if (qr && out.json) throw new UsageError("qr-with-json", "--qr is for people, --json for programs");
    await withClient("devices", passphrase, context, async (client) => {
      const { invite, device, expiresAt } = await client.devices.link(name, expires, history);
      const draws = qr || !out.json && io.stdout.isTerminal();
      const drawing = draws ? `\n${(await import("../qr_code.ts")).drawQrCode(invite)}` : "";
      out.result({ type: "invite", invite, user: client.self.user, device, expiresAt }, invite + drawing);
      out.note(
        `for ${device}, until ${expiresAt.toISOString()}; it is used there with: parley enroll "INVITE"`,
      );
    });
  },
});
