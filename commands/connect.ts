import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { parseName } from "../lib/pki/mod.ts";
import { defineCommand } from "./command.ts";
import { ClientSession } from "./connect/client_session.ts";
import { holdChat } from "./connect/terminal.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";
import { receiptsOption } from "./receipts_option.ts";

/** `parley connect`. */
export const connect = defineCommand({
  description:
    "Lines that are typed are sent, lines that arrive are shown. /help lists the commands. With pipes, each line " +
    "of standard input is a message, and it ends when the relay has them all.",
  examples: [
    { line: "parley connect alice", does: "Chat with alice" },
    { line: "parley connect", does: "Show what arrives; write with /msg USER TEXT" },
  ],
  parser: merge(
    object({
      peer: optional(argument(string({ metavar: "USER" }), { description: message`Whom lines go to` })),
    }),
    receiptsOption,
    passphraseOptions,
  ),
  stopsItself: true,
  async execute({ peer, receipts, ...passphrase }, context) {
    const name = peer === undefined ? undefined : parseName(peer, "user");
    const opened: { session?: ClientSession } = {};
    const client = await openClient("connect", passphrase, context, {
      onWarning: (error) => opened.session?.warn(error.message),
      receipts,
    });
    opened.session = new ClientSession(client, name, context.resolve);
    await holdChat(opened.session, context);
  },
});
