import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument, option } from "@optique/core/primitives";
import { restoreBackup } from "../lib/client/mod.ts";
import { agentClient } from "./agent/keeper.ts";
import { defineCommand } from "./command.ts";
import { passphraseOptions, readPassphrase } from "./passphrase.ts";
import { path } from "./path_value.ts";

/** `parley restore`. */
export const restore = defineCommand({
  description:
    "Makes an identity of a backup, in a data folder that does not hold it. Where its keys were under a passphrase they " +
    "are under the backup's from now on. The device enters its conversations again when it connects next, which their " +
    "history tells. A backup is for a device that is gone: where two copies of one device run, one of them " +
    "gives way in each conversation and says so.",
  examples: [
    { line: "parley restore laptop.parley", does: "Restore a backup, asking for its passphrase" },
    {
      line: "parley restore b.parley --passphrase-file p --json",
      does: "The same for a script",
    },
  ],
  parser: merge(
    object({
      file: argument(path("FILE", "file"), { description: message`The backup` }),
      noPassphrase: option("--no-passphrase", {
        description: message`Leave the restored keys unencrypted, protected by file mode 0600 only`,
      }),
    }),
    passphraseOptions,
  ),
  stopsItself: true,
  async execute({ file, noPassphrase, ...values }, context) {
    const { home, out, signal } = context;
    const restored = await restoreBackup({
      home,
      path: context.resolve(file),
      passphrase: () => readPassphrase(values, context, "the backup"),
      unprotected: noPassphrase,
      holder: `parley restore (pid ${Deno.pid})`,
      signal,
    });
    // What it keeps for this folder would be the storage key of the identity that was there before.
    await agentClient(context).forget(restored.folder);
    const { user, device, time, conversations, messages, marks, queued } = restored;
    out.result(
      { type: "restored", ...restored },
      `${user}/${device} as of ${time.toISOString()}: ${messages} messages of ${conversations} conversations, ` +
        `${marks} marks and labels, ${queued} waiting`,
    );
    out.note("its conversations are entered again at the next connection: parley inbox");
  },
});
