import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { withClient } from "../with_client.ts";
import { idsArgument } from "./ids_argument.ts";
import { resumeFiles } from "./send_files.ts";
import { reportSentFiles } from "./sent_files.ts";

/** `parley files resume`. */
export const filesResume = defineCommand({
  description:
    "Goes on with files whose sending was broken off, by Ctrl-C, a crash or a lost relay: what the relay has is not sent " +
    "again. A file that has changed since is sent anew. Without ID all of them.",
  examples: [
    { line: "parley files resume", does: "Go on with everything that was broken off" },
    { line: "parley files resume 3fa9c2d1", does: "Go on with these files" },
  ],
  parser: merge(
    object({
      ids: idsArgument(message`Which files, as 'parley files list' shows them`, 0),
    }),
    passphraseOptions,
  ),
  async execute({ ids, ...passphrase }, context) {
    await withClient("files", passphrase, context, async (client) => {
      const waiting = (await client.files.outgoing.pending()).filter(({ busy, lost }) => !busy && !lost);
      for (const id of ids.length > 0 ? ids : waiting.map((one) => one.id)) {
        const sent = await resumeFiles(client, id, context);
        await client.deliverSent(sent);
        reportSentFiles(client, sent, context);
      }
      // The message of files that were uploaded to their end may not have got through.
      await client.deliverAll((error) => context.out.note(printable(error.message)));
    });
  },
});
