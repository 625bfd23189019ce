import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { withClient } from "../with_client.ts";

/** `parley devices rename`. */
export const devicesRename = defineCommand({
  description:
    "The label is for yourself: your devices know it, end-to-end encrypted, and nobody else does. The device's name, " +
    "which stands in its certificate, stays. An empty label takes it away.",
  examples: [
    { line: 'parley devices rename phone "the old phone"', does: "Label a device" },
    { line: 'parley devices rename phone ""', does: "Take the label away" },
  ],
  parser: merge(
    object({
      device: argument(string({ metavar: "DEVICE" }), { description: message`Which device` }),
      label: argument(string({ metavar: "LABEL" }), { description: message`How it is called` }),
    }),
    passphraseOptions,
  ),
  async execute({ device, label: text, ...passphrase }, context) {
    await withClient("devices", passphrase, context, async (client) => {
      const label = await client.devices.rename(device, text);
      context.out.result(
        { type: "device-renamed", device, label },
        label === "" ? `${device} has no label` : `${device} is called ${printable(label)}`,
      );
    });
  },
});
