import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, constant, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { decodeUtf8 } from "../../lib/bytes/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { Profile } from "../../lib/legacy/mod.ts";
import { abortPromise } from "../abort_promise.ts";
import { type Command, type CommandContext, defineCommand } from "../command.ts";
import { readAll } from "../input.ts";
import { passphraseOptions, readPassphrase } from "../passphrase.ts";
import { printable } from "../printable.ts";
import { chooseServer } from "./connect_profile.ts";
import { describeProfile } from "./describe_profile.ts";
import { portOption, profileEnvironment, profileOptions } from "./profile_options.ts";

const MAX_INPUT_BYTES = 1024 * 1024;

/** `parley send --profile NAME`. */
export function sendProfile(profile: Profile, send: NonNullable<Profile["send"]>): Command<unknown> {
  const { name, addressed } = profile;
  const recipient = addressed ? "bob " : "";
  return defineCommand({
    description: describeProfile(profile),
    examples: [
      { line: `parley send --profile ${name} ${recipient}5`, does: "Send a line" },
      {
        line: `date | parley send --profile ${name} ${recipient}`.trimEnd(),
        does: "Send what a program prints",
      },
    ],
    parser: merge(
      profileOptions(profile),
      object({
        words: wordsOf(addressed),
        server: optional(option("--server", string({ metavar: "HOST:PORT" }), {
          description: message`The server (default: this machine and the port of its description)`,
        })),
        port: portOption,
      }),
      passphraseOptions,
    ),
    stopsItself: true,
    async execute({ words, server, port, passphraseFile, passphraseFd, ...values }, context) {
      using stopped = abortPromise(context.signal);
      const { as: user } = context.options;
      const sources = { passphraseFile, passphraseFd };
      const sending = send({
        ...profileEnvironment(profile, values, context),
        ...chooseServer(server, port),
        user,
        to: words.to,
        text: words.text ?? await readText(context),
        password: async () => decodeUtf8(await readPassphrase(sources, context, user ?? name)),
        signal: context.signal,
        show: (event) => context.out.result(event, printable(event.text, { multiline: true })),
      });
      sending.catch(() => {}); // where a signal came first, it is what is told
      await Promise.race([sending, stopped.promise]);
    },
  });
}

function wordsOf(addressed: boolean) {
  const text = optional(argument(string({ metavar: "TEXT" }), {
    description: message`What to send; without it, standard input is sent`,
  }));
  const to = argument(string({ metavar: "USER" }), { description: message`Whom to send to` });
  return object({ to: addressed ? to : constant(undefined), text });
}

async function readText({ io }: CommandContext): Promise<string> {
  const text = new TextDecoder().decode(await readAll(io.stdin, MAX_INPUT_BYTES)).replace(/\r?\n$/, "");
  if (text !== "") return text;
  throw new UsageError("nothing-to-send", "there is nothing to send");
}
