import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import type { Client } from "../../lib/client/mod.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { withClient } from "../with_client.ts";
import { describeFile, fileRecord } from "./file_lines.ts";
import { idsArgument } from "./ids_argument.ts";

/** `parley files rm`. */
export const filesRm = defineCommand({
  description:
    "What has arrived of a received file is removed, and the relay deletes it when no device needs it any more; a file " +
    "that was saved stays where it is. A file that this device has sent is deleted at the relay, whoever has not fetched " +
    "it yet; of files whose sending was broken off, what the relay has.",
  examples: [
    { line: "parley files rm 3fa9c2d1", does: "Give a file up" },
  ],
  parser: merge(
    object({
      ids: idsArgument(message`Which files, as 'parley files list' shows them`, 1),
    }),
    passphraseOptions,
  ),
  async execute({ ids, ...passphrase }, context) {
    await withClient("files", passphrase, context, async (client) => {
      for (const id of ids) await remove(client, id, context);
    });
  },
});

async function remove(client: Client, id: string, { out }: CommandContext): Promise<void> {
  const { incoming, outgoing } = client.files;
  const pending = (await outgoing.pending()).find((one) =>
    id.length >= 4 && one.id.startsWith(id.toLowerCase())
  );
  if (pending !== undefined) {
    await outgoing.discard(pending.id);
    const names = pending.files.map(({ name }) => printable(name)).join(", ");
    return out.result({ type: "pending-removed", id: pending.id }, `given up: ${names}`);
  }
  const item = await incoming.remove(incoming.find(id));
  await incoming.tellRelay();
  out.result(fileRecord(client, item), `given up: ${describeFile(item)}`);
}
