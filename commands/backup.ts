import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { type CommandContext, defineCommand } from "./command.ts";
import { formatBytes } from "./history/format_bytes.ts";
import { openClient } from "./open_client.ts";
import {
  passphraseOptions,
  type PassphraseValues,
  promptNewPassphrase,
  readGivenPassphrase,
} from "./passphrase.ts";
import { path } from "./path_value.ts";

/** `parley backup`. */
export const backup = defineCommand({
  description:
    "Writes this device's identity, your marks and labels, the names of groups, the history and what waits to be sent " +
    "to one file under a passphrase of its own, for parley restore. Whoever has file and passphrase is this device and " +
    "reads its history. The keys of conversations are not in it: a restored device enters its conversations again. " +
    "Files that were saved are not in it either.",
  examples: [
    { line: "parley backup laptop.parley", does: "Write a backup, asking for a passphrase for it" },
    {
      line: "parley backup b.parley --passphrase-file p --force --json",
      does: "The same for a script, in place of the last one",
    },
  ],
  parser: merge(
    object({
      file: argument(path("FILE", "file"), { description: message`The file to make` }),
      force: option("--force", { description: message`Replace a file that is there` }),
      identityPassphraseFile: optional(option("--identity-passphrase-file", path("FILE", "file"), {
        description:
          message`Take the passphrase of the identity, where it has one, from the first line of a file (default: it is asked for; without a terminal that of the backup is tried)`,
      })),
    }),
    passphraseOptions,
  ),
  stopsItself: true,
  async execute({ file, force, identityPassphraseFile, ...values }, context) {
    const { out, signal } = context;
    const given = await readGivenPassphrase(values, context);
    const identityValues = { passphraseFile: identityPassphraseFile, passphraseFd: undefined };
    const client = await openClient("backup", identityValues, context, {
      passphrase: (ask) =>
        given !== undefined && !mayAsk(identityValues, context) ? Promise.resolve(given) : ask(),
    });
    try {
      const passphrase = given ?? await promptNewPassphrase(context, "the backup", ASK_OPTIONS);
      const target = context.resolve(file);
      const summary = await client.backups.write(target, { passphrase, force, signal });
      const { size } = await Deno.stat(target);
      const { user, device, conversations, messages, marks, queued } = summary;
      out.result(
        { type: "backup", file: target, bytes: size, ...summary },
        `${user}/${device}: ${messages} messages of ${conversations} conversations, ${marks} marks and labels, ` +
          `${queued} waiting; ${formatBytes(size)} in ${target}`,
      );
    } finally {
      await client.close();
    }
  },
});

const ASK_OPTIONS = "--passphrase-file or --passphrase-fd";

/** Whether the identity's passphrase is given on its own, or can be asked for. */
function mayAsk({ passphraseFile }: PassphraseValues, { io }: CommandContext): boolean {
  return passphraseFile !== undefined || (io.stdin.isTerminal() && io.stderr.isTerminal());
}
