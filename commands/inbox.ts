import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { option } from "@optique/core/primitives";
import type { Client } from "../lib/client/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { messageLine, messageRecord } from "./message_lines.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";
import { receiptsOption } from "./receipts_option.ts";

/** `parley inbox`. */
export const inbox = defineCommand({
  description:
    "Fetches what has arrived and prints each message once. A message counts as shown only when it has been " +
    "written out.",
  examples: [
    { line: "parley inbox", does: "Print what has arrived, then exit" },
    {
      line: "parley inbox --follow --json",
      does: "Go on printing as messages arrive, one JSON object a line",
    },
  ],
  parser: merge(
    object({ follow: option("--follow", "-f", { description: message`Go on until stopped with Ctrl-C` }) }),
    receiptsOption,
    passphraseOptions,
  ),
  stopsItself: true,
  async execute({ follow, receipts, ...passphrase }, context) {
    const client = await openClient("inbox", passphrase, context, { receipts });
    try {
      await (follow ? printAsTheyArrive(client, context) : printOnce(client, context));
    } finally {
      await client.close();
    }
  },
});

async function printOnce(client: Client, context: CommandContext): Promise<void> {
  await print(client, context);
  await client.connect(context.signal);
  await client.catchUp();
  await print(client, context);
}

async function printAsTheyArrive(client: Client, context: CommandContext): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  let printing = print(client, context);
  const stop = client.onHistory(() => {
    printing = printing.then(() => print(client, context));
    printing.catch((error) => failed.abort(error));
  });
  try {
    await client.run(signal, {
      onState: (state, error) => {
        if (state === "offline") {
          context.out.note(`offline${error === undefined ? "" : `: ${error.message}`}`);
        }
      },
      onTrouble: (error) => context.out.note(error.message),
    });
  } finally {
    stop();
  }
  await printing;
}

async function print(client: Client, { out }: CommandContext): Promise<void> {
  for (;;) {
    const messages = client.history.unread();
    if (messages.length === 0) return;
    for (const one of messages) out.result(messageRecord(one), messageLine(one));
    await client.history.markShown(messages);
  }
}
