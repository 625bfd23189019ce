import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { Client, Verification } from "../lib/client/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { readLines } from "./input.ts";
import { passphraseOptions } from "./passphrase.ts";
import { describeVerification, verificationRecord } from "./verify/describe.ts";
import { withClient } from "./with_client.ts";

const MAX_ANSWER_CHARS = 100;

/** What is done besides showing. */
interface Deed {
  readonly confirm: boolean;
  readonly code: string | undefined;
  readonly acceptChange: boolean;
  readonly forget: boolean;
}

/** `parley verify`. */
export const verify = defineCommand({
  description:
    "Shows the safety number that you and another user share: the same 60 digits on both sides, made of all your " +
    "devices' keys and all of theirs. Compare it over another way, face to face or by voice. Where it is the same " +
    "nobody stands between you, the authority included. When a verified user gets another device, messages to them " +
    "wait until you have compared again or accepted it.",
  examples: [
    {
      line: "parley verify bob",
      does: "Show the safety number with bob, and ask whether it is the same there",
    },
    { line: "parley verify bob --confirm", does: "Note that it was compared" },
    {
      line: 'parley verify bob --code "12345 67890 …"',
      does: "Compare what bob has sent, and note it where it is right",
    },
    { line: "parley verify bob --json", does: "Show it for a script" },
  ],
  parser: merge(
    object({
      user: argument(string({ metavar: "USER" }), { description: message`With whom` }),
      confirm: option("--confirm", { description: message`Note that the numbers are the same` }),
      code: optional(option("--code", string({ metavar: "DIGITS" }), {
        description:
          message`Compare these digits, which the other side sees, and note it where they are right`,
      })),
      acceptChange: option("--accept-change", {
        description: message`Accept devices that came after the comparison without comparing again`,
      }),
      forget: option("--forget", { description: message`Take back what was noted` }),
      qr: option("--qr", {
        description: message`Draw the digits as a QR code as well, which is done at a terminal anyway`,
      }),
    }),
    passphraseOptions,
  ),
  async execute({ user, confirm, code, acceptChange, forget, qr, ...passphrase }, context) {
    const deed = { confirm, code, acceptChange, forget };
    if (Object.values(deed).filter(Boolean).length > 1) {
      throw new UsageError(
        "verify-conflict",
        "--confirm, --code, --accept-change and --forget exclude each other",
      );
    }
    if (qr && context.out.json) {
      throw new UsageError("qr-with-json", "--qr is for people, --json for programs");
    }
    await withClient("verify", passphrase, context, async (client) => {
      await perform(deed, user, client);
      const shown = await client.people.verification(user);
      const isAsked = asks(deed, shown, context);
      await show(shown, { qr, isAsked }, context);
      if (!isAsked) return;
      if (!await isSame(context)) return context.out.note(`${user} is not verified`);
      await client.people.confirm(shown);
      context.out.result(verificationRecord({ ...shown, state: "verified" }), `${user} is verified`);
    });
  },
});

/** What is confirmed is what the digits are made of at this moment. */
async function perform(
  { confirm, code, acceptChange, forget }: Deed,
  user: string,
  { people }: Client,
): Promise<void> {
  if (confirm) await people.confirm(await people.verification(user));
  if (code !== undefined) await people.compare(await people.verification(user), code);
  if (acceptChange) await people.acceptChange(user);
  if (forget) await people.forget(user);
}

async function show(
  shown: Verification,
  { qr, isAsked }: { qr: boolean; isAsked: boolean },
  { out, io }: CommandContext,
): Promise<void> {
  const draws = qr || !out.json && io.stdout.isTerminal();
  const drawing = draws ? (await import("./qr_code.ts")).drawQrCode(shown.safetyNumber) : "";
  out.result(verificationRecord(shown), (style) => describeVerification(shown, { drawing, isAsked }, style));
}

/** A person is asked, once they have seen the digits. */
function asks(deed: Deed, { state }: Verification, { out, io }: CommandContext): boolean {
  const isPerson = !out.json && io.stdin.isTerminal() && io.stdout.isTerminal();
  return isPerson && state !== "verified" && !Object.values(deed).some(Boolean);
}

async function isSame({ io }: CommandContext): Promise<boolean> {
  io.stderr.write("Are the digits the same on the other side? Type yes if they are: ");
  for await (const line of readLines(io.stdin, MAX_ANSWER_CHARS)) return /^y(es)?$/i.test(line.trim());
  return false;
}
