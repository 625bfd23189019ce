import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import type { Client, DeliveryLevel, Draft, SentMessage } from "../lib/client/mod.ts";
import { ParleyError, toParleyError, UsageError } from "../lib/errors/mod.ts";
import { duration } from "./ca/duration.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { type ConversationValues, requireConversation } from "./conversation.ts";
import { readAll } from "./input.ts";
import { sendFiles, settleFiles } from "./files/send_files.ts";
import { sentFiles } from "./files/sent_files.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";
import { printable } from "./printable.ts";
import { receiptsOption } from "./receipts_option.ts";
import { toDraft } from "./send/draft.ts";
import { draftOptions } from "./send/draft_options.ts";
import { fileOptions, type FilesDraft, toFiles } from "./send/file_options.ts";
import { withTimeLimit } from "./time_limit.ts";

const MAX_INPUT_BYTES = 1024 * 1024;

/** `parley send`. */
export const send = defineCommand({
  description:
    "The text is encrypted for every device of both users and kept by the relay until they have fetched it. " +
    "Done (exit code 0) means that it is as far as --wait says: queued in this device's outbox, on the relay's disk " +
    "(relayed, the default), delivered to a device of each user, or read on one. Where the relay cannot be reached " +
    "(exit code 5) or the time is up first (exit code 6), it stays in the outbox and goes out with the next command " +
    "that connects. Ids are those that send, history and --json show; their first digits are enough.",
  examples: [
    { line: 'parley send bob "hello"', does: "Send a line to bob, online or not" },
    { line: "make 2>&1 | parley send bob --json", does: "Send what a program prints" },
    {
      line: 'parley send bob "x" --wait delivered --timeout 5s',
      does: "Fail with 6 unless bob has it by then",
    },
    {
      line: 'parley send bob "the code is 4711" --expires 1h',
      does: "Let it vanish everywhere after an hour",
    },
    { line: 'parley send bob --edit 3fa9 "hello, bob"', does: "Give an earlier message another text" },
    { line: 'parley send --group team "hello"', does: "Send a line to a group" },
    { line: "parley send bob --react 3fa9 👍", does: "React to a message" },
    {
      line: 'parley send bob --file report.pdf --file photos --caption "as promised"',
      does: "Send a file and a folder",
    },
    {
      line: "pg_dump shop | parley send bob --file - --name shop.sql",
      does: "Send what a program gives as a file",
    },
  ],
  parser: merge(
    object({
      to: optional(argument(string({ metavar: "USER" }), {
        description: message`Whom to send to; with --group there is none, and TEXT comes first`,
      })),
      text: optional(argument(string({ metavar: "TEXT" }), {
        description: message`What to send; without it, standard input is sent`,
      })),
      group: optional(
        option("--group", string({ metavar: "NAME" }), { description: message`Send to this group instead` }),
      ),
      wait: withDefault(
        option("--wait", choice(["queued", "relayed", "delivered", "read"], { metavar: "LEVEL" }), {
          description: message`How far it must be`,
        }),
        "relayed" as const,
      ),
      acceptChange: option("--accept-change", {
        description: message`Send although a verified user has new devices, and accept them`,
      }),
      timeout: optional(option("--timeout", duration(), {
        description: message`How long to wait for that, such as 5s; for ever without it`,
      })),
    }),
    draftOptions,
    fileOptions,
    receiptsOption,
    passphraseOptions,
  ),
  async execute(
    {
      to,
      group,
      text,
      wait,
      timeout,
      acceptChange,
      replyTo,
      edit,
      delete: deleted,
      react,
      expires,
      receipts,
      file,
      name,
      caption,
      ...passphrase
    },
    context,
  ) {
    const target = toTarget({ to, group, text });
    const options = { replyTo, edit, deleted, react, expires };
    const files = toFiles({ file, name, caption }, { ...options, text: target.text }, context);
    const draft = files ?? await toDraft(options, target.text, () => readText(context));
    const client = await openClient("send", passphrase, context, { receipts });
    try {
      const conversation = await findConversation(client, target, context);
      if (needsReports(wait)) client.delivery.assertReported(conversation);
      const sent = await take(client, conversation, draft, { acceptChange }, context);
      try {
        if (wait !== "queued") await bring(client, sent, { wait, timeout, acceptChange }, context);
      } finally {
        report(client, sent, target, context);
      }
    } finally {
      await client.close();
    }
  },
});

/** Where a group is unknown, the device may have been added since it last looked. */
async function findConversation(client: Client, target: Target, { signal }: CommandContext): Promise<string> {
  try {
    return requireConversation(client, target);
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== "group-unknown") throw error;
    try {
      await client.connect(signal);
      await client.catchUp();
    } catch {
      // Without the relay what is known here has to do.
      throw error;
    }
    return requireConversation(client, target);
  }
}

/** With a group there is no user, so what stands in the user's place is the text. */
function toTarget({ to, group, text }: { to?: string; group?: string; text?: string }): Target {
  if (group === undefined) return { user: to, text };
  if (text === undefined) return { group, text: to };
  throw new UsageError("options-conflict", "name a user or a group, not both", {
    hint: "with --group give the text only, in quotes",
  });
}

/** Where a message goes, and its text where it was given. */
interface Target extends ConversationValues {
  readonly text?: string;
}

async function readText({ io }: CommandContext): Promise<string> {
  const text = new TextDecoder().decode(
    await readAll(io.stdin, MAX_INPUT_BYTES, "send it as a file: --file - --name NAME"),
  );
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

/** Takes what is to be said into the outbox; files only when the relay has them. */
async function take(
  client: Client,
  conversation: string,
  draft: Draft | FilesDraft,
  { acceptChange }: Pick<Aim, "acceptChange">,
  context: CommandContext,
): Promise<SentMessage> {
  if (draft.type !== "files") return await enqueue(client, conversation, draft, context);
  await client.connect(context.signal);
  if (acceptChange) await acceptChanges(client, conversation, context);
  return await sendFiles(client, conversation, draft, context);
}

/** A message that is answered or changed may still wait at the relay. */
async function enqueue(
  client: Client,
  conversation: string,
  draft: Draft,
  { signal }: CommandContext,
): Promise<SentMessage> {
  try {
    return await client.composer.enqueue(conversation, draft);
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== "message-unknown") throw error;
    await client.connect(signal);
    await client.catchUp();
    return await client.composer.enqueue(conversation, draft);
  }
}

async function acceptChanges(client: Client, conversation: string, { out }: CommandContext): Promise<void> {
  for (const { user, device, fingerprint } of await client.people.acceptChanges(conversation)) {
    out.note(`accepted ${user}'s new device ${device} (${fingerprint})`);
  }
}

/** How far a message is to be brought, in what time, and whether new devices of verified users may get it. */
interface Aim {
  readonly wait: DeliveryLevel;
  readonly timeout: number | undefined;
  readonly acceptChange: boolean;
}

/** Brings a message as far as is asked. */
async function bring(
  client: Client,
  sent: SentMessage,
  { wait: level, timeout: timeoutMs, acceptChange }: Aim,
  context: CommandContext,
): Promise<void> {
  const { signal, out } = context;
  try {
    await withTimeLimit(timeoutMs, signal, async (limited) => {
      await client.connect(limited);
      if (acceptChange) await acceptChanges(client, sent.conversation, context);
      await client.deliverSent(sent);
      await obtainReceipt(client, sent, context);
      await settleFiles(client, context);
      if (!needsReports(level)) return;
      const { waitUntil } = await import("../lib/client/mod.ts");
      await waitUntil(client, sent, level, {
        signal: limited,
        onState: (state, error) => {
          if (state === "offline" && error !== undefined) out.note(`offline: ${printable(error.message)}`);
        },
        onTrouble: (error) => out.note(printable(error.message)),
      });
    });
  } catch (thrown) {
    const error = toParleyError(thrown);
    // What is still asked of the relay would keep the command from ending in time.
    if (error.code === "timeout") client.disconnect(error);
    throw thrown;
  }
}

/** The message is where it is to be, with the relay's receipt or without. */
async function obtainReceipt(client: Client, sent: SentMessage, { out }: CommandContext): Promise<void> {
  try {
    await client.delivery.obtainRelayReceipts(sent);
  } catch (thrown) {
    const error = toParleyError(thrown);
    if (!["network", "timeout"].includes(error.kind)) throw thrown;
    out.note(`no receipt of the relay's yet: ${printable(error.message)}`);
  }
}

function needsReports(level: DeliveryLevel): boolean {
  return level === "delivered" || level === "read";
}

function report(
  client: Client,
  sent: SentMessage,
  { user: to, group }: ConversationValues,
  { out }: CommandContext,
): void {
  const progress = client.delivery.progressOf(sent);
  if (progress === undefined) return;
  const { id, conversation, status } = progress;
  const whom = group === undefined ? { to } : { group };
  const record = { type: "sent", id, ...whom, conversation, status, ...sentFiles(client, sent) };
  out.result(record, `${status} ${id}`);
}
