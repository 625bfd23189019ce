import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { withClient } from "../with_client.ts";

/** `parley devices revoke`. */
export const devicesRevoke = defineCommand({
  description:
    "The relay's authority revokes its certificate: its connections are closed at once, it is refused from then on, " +
    "and it is taken out of your conversations. What it has received, it has. A device cannot revoke itself, so " +
    "your last one always stays; the authority's operator can (parley ca revoke).",
  examples: [
    { line: "parley devices revoke phone", does: "Shut out the lost phone" },
  ],
  parser: merge(
    object({
      device: argument(string({ metavar: "DEVICE" }), { description: message`Which device of yours` }),
    }),
    passphraseOptions,
  ),
  async execute({ device, ...passphrase }, context) {
    await withClient("devices", passphrase, context, async (client) => {
      const revokedAt = await client.devices.revoke(device);
      context.out.result(
        { type: "device-revoked", device, revokedAt },
        `revoked ${client.self.user}/${device}`,
      );
      // Takes it out of the conversations now, and not only when something is sent next.
      await client.catchUp();
    });
  },
});
