import type { OwnDevice } from "../../lib/client/mod.ts";
import { defineCommand } from "../command.ts";
import { formatDay, formatMinute } from "../format_time.ts";
import type { JsonRecord } from "../json_line.ts";
import { passphraseOptions } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { withClient } from "../with_client.ts";

/** `parley devices list`. */
export const devicesList = defineCommand({
  description:
    "One device a line: name, label, whether it is this one or online or when it was seen last, until when its " +
    "certificate is valid, and its key's fingerprint. One that you know nothing of is a reason to revoke it.",
  examples: [
    { line: "parley devices list", does: "List your devices" },
    { line: "parley devices list --json", does: "The same for a script" },
  ],
  parser: passphraseOptions,
  async execute(passphrase, context) {
    const devices = await withClient("devices", passphrase, context, (client) => client.devices.list());
    const widths = [nameOf, whereabouts].map((column) =>
      Math.max(...devices.map((one) => column(one).length))
    );
    for (const one of devices) {
      const columns = [nameOf, whereabouts].map((column, at) => column(one).padEnd(widths[at] ?? 0));
      context.out.result(
        toRecord(one),
        [...columns, `until ${formatDay(one.expires)}`, one.fingerprint].join("  "),
      );
    }
  },
});

function toRecord({ device, label, isThis, online, lastSeen, expires, fingerprint }: OwnDevice): JsonRecord {
  return { type: "device", device, label, this: isThis, online, lastSeen, expires, fingerprint };
}

function nameOf({ device, label }: OwnDevice): string {
  return label === "" ? device : `${device} (${printable(label)})`;
}

function whereabouts({ isThis, online, lastSeen }: OwnDevice): string {
  if (isThis) return "this device";
  if (online) return "online";
  return lastSeen === undefined ? "never seen" : `seen ${formatMinute(lastSeen)}`;
}
