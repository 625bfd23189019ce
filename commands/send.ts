import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { SentMessage } from "../lib/client/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { readAll } from "./input.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";

const MAX_INPUT_BYTES = 1024 * 1024;

/** `parley send`. */
export const send = defineCommand({
  description:
    "The text is encrypted for every device of both users and kept by the relay until they have fetched it. " +
    "Done (exit code 0) means that it is on the relay's disk. Where the relay cannot be reached (exit code 5) " +
    "it stays in the outbox and goes out with the next command that connects.",
  examples: [
    { line: 'parley send bob "hello"', does: "Send a line to bob, online or not" },
    { line: "make 2>&1 | parley send bob --json", does: "Send what a program prints" },
  ],
  parser: merge(
    object({
      to: argument(string({ metavar: "USER" }), { description: message`Whom to send to` }),
      text: optional(argument(string({ metavar: "TEXT" }), {
        description: message`What to send; without it, standard input is sent`,
      })),
    }),
    passphraseOptions,
  ),
  async execute({ to, text, ...passphrase }, context) {
    const client = await openClient("send", passphrase, context);
    try {
      const sent = await client.enqueue(to, text ?? await readText(context));
      try {
        await client.connect(context.signal);
        await client.deliverSent(sent);
      } finally {
        report(client.progressOf(sent), to, context);
      }
    } finally {
      await client.close();
    }
  },
});

async function readText({ io }: CommandContext): Promise<string> {
  const text = new TextDecoder().decode(await readAll(io.stdin, MAX_INPUT_BYTES));
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function report(progress: SentMessage | undefined, to: string, { out }: CommandContext): void {
  if (progress === undefined) return;
  const { id, conversation, status } = progress;
  out.result({ type: "sent", id, to, conversation, status }, `${status} ${id}`);
}
