import { defineCommand } from "../command.ts";
import { openClient } from "../open_client.ts";
import { passphraseOptions } from "../passphrase.ts";
import { fileLine, fileRecord, pendingLine, pendingRecord } from "./file_lines.ts";

/** `parley files list`. */
export const filesList = defineCommand({
  description:
    "One file a line, in the order of the history: when, who sent it and whether you have verified them, name and size, " +
    "and its id or where it was saved. Files whose sending was broken off come last. It asks nothing of the relay: " +
    "'parley inbox' fetches what is new.",
  examples: [
    { line: "parley files list", does: "List files" },
    { line: "parley files list --json", does: "The same for a script" },
  ],
  parser: passphraseOptions,
  async execute(passphrase, context) {
    const client = await openClient("files", passphrase, context);
    try {
      const { incoming, outgoing } = client.files;
      for (const item of incoming.list()) {
        context.out.result(fileRecord(client, item), fileLine(client, item));
      }
      for (const pending of await outgoing.pending()) {
        context.out.result(pendingRecord(pending), pendingLine(client, pending));
      }
    } finally {
      await client.close();
    }
  },
});
