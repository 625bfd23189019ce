import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { Client, SentMessage } from "../lib/client/mod.ts";
import { ParleyError } from "../lib/errors/mod.ts";
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
        await client.deliver(sent.conversation);
      } catch (error) {
        await explain(client, sent, to, error, context);
        throw error;
      }
      report(sent, "relayed", to, context);
    } finally {
      await client.close();
    }
  },
});

async function readText({ io }: CommandContext): Promise<string> {
  const text = new TextDecoder().decode(await readAll(io.stdin, MAX_INPUT_BYTES));
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

/** A message for somebody who does not exist is taken back; every other one stays in the outbox. */
async function explain(
  client: Client,
  sent: SentMessage,
  to: string,
  error: unknown,
  context: CommandContext,
): Promise<void> {
  if (error instanceof ParleyError && error.code === "unknown-user" && await client.withdraw(sent)) return;
  report(sent, client.isQueued(sent.id) ? "queued" : "relayed", to, context);
}

function report(sent: SentMessage, status: SentMessage["status"], to: string, context: CommandContext): void {
  const { id, conversation } = sent;
  context.out.result({ type: "sent", id, to, conversation, status }, `${status} ${id}`);
}
