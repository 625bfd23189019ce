import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import type { Client, RunListener } from "../lib/client/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { fileLine, fileRecord } from "./files/file_lines.ts";
import { FileSaver } from "./files/file_saver.ts";
import { messageLine, messageRecord } from "./message_lines.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";
import { path } from "./path_value.ts";
import { printable } from "./printable.ts";
import { receiptsOption } from "./receipts_option.ts";

/** `parley inbox`. */
export const inbox = defineCommand({
  description:
    "Fetches what has arrived and prints each message once. A message counts as shown only when it has been " +
    "written out. With --save, files are saved in the folder under their names made safe, with a number where a name " +
    "is taken, and each is printed when it is there; a folder arrives as a folder. Without, files are listed with " +
    "their ids ('parley files get').",
  examples: [
    { line: "parley inbox", does: "Print what has arrived, then exit" },
    {
      line: "parley inbox --follow --json",
      does: "Go on printing as messages arrive, one JSON object a line",
    },
    { line: "parley inbox --save downloads", does: "Save the files that have arrived, too" },
  ],
  parser: merge(
    object({
      follow: option("--follow", "-f", { description: message`Go on until stopped with Ctrl-C` }),
      save: optional(option("--save", path("DIR", "directory"), {
        description: message`Save files in this folder, those of before too`,
      })),
    }),
    receiptsOption,
    passphraseOptions,
  ),
  stopsItself: true,
  async execute({ follow, save, receipts, ...passphrase }, context) {
    const client = await openClient("inbox", passphrase, context, { receipts });
    const saver = save === undefined ? undefined : new FileSaver(client, context.resolve(save), context);
    try {
      await (follow ? printAsTheyArrive(client, saver, context) : printOnce(client, saver, context));
    } finally {
      await client.close();
    }
  },
});

async function printOnce(
  client: Client,
  saver: FileSaver | undefined,
  context: CommandContext,
): Promise<void> {
  const saves = saver !== undefined;
  await print(client, saves, context);
  await client.connect(context.signal);
  await client.catchUp();
  await print(client, saves, context);
  await saver?.saveAll();
}

async function printAsTheyArrive(
  client: Client,
  saver: FileSaver | undefined,
  context: CommandContext,
): Promise<void> {
  const saves = saver !== undefined;
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  let printing = print(client, saves, context);
  const stop = client.onHistory(() => {
    printing = printing.then(() => print(client, saves, context));
    printing.catch((error) => failed.abort(error));
  });
  const saving = saver?.follow(signal);
  saving?.catch((error) => failed.abort(error));
  try {
    await client.run(signal, {
      onState: noteConnection(context),
      onTrouble: (error) => context.out.note(printable(error.message)),
    });
  } finally {
    stop();
  }
  await printing;
  await saving;
}

/** Notes a lost connection once, however often connecting again fails, and that it is back. */
function noteConnection({ out }: CommandContext): RunListener["onState"] {
  let lost = false;
  return (state, error) => {
    if (state === "offline" && !lost) {
      out.note(`offline${error === undefined ? "" : `: ${printable(error.message)}`}`);
    } else if (state === "online" && lost) {
      out.note("connected again");
    }
    if (state !== "connecting") lost = state === "offline";
  };
}

/** Files that are going to be saved are printed then. */
async function print(client: Client, savesFiles: boolean, { out }: CommandContext): Promise<void> {
  for (;;) {
    const messages = client.history.unread();
    if (messages.length === 0) return;
    for (const one of messages) {
      if (one.type !== "message" || one.files === undefined) {
        out.result(messageRecord(one), messageLine(one));
        continue;
      }
      if (one.caption !== undefined) {
        const captioned = { ...one, text: one.caption };
        out.result(messageRecord(captioned), messageLine(captioned));
      }
      if (savesFiles && !one.outgoing) continue;
      for (const file of client.files.incoming.ofMessage(one.conversation, one.id)) {
        out.result(fileRecord(client, file), fileLine(client, file));
      }
    }
    await client.history.markShown(messages);
  }
}
