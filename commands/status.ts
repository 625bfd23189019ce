import { encodeBase64 } from "../lib/bytes/mod.ts";
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { Client, MessageStatusFacts, RelayReceipt, UserStatus } from "../lib/client/mod.ts";
import { ParleyError } from "../lib/errors/mod.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import type { JsonRecord } from "./json_line.ts";
import { openClient } from "./open_client.ts";
import { passphraseOptions } from "./passphrase.ts";
import { printable } from "./printable.ts";
import { receiptsOption } from "./receipts_option.ts";

/** `parley status`. */
export const status = defineCommand({
  description:
    "Asks the relay for what has come since, and says how far a message of yours is: queued here, on the relay's disk " +
    "(relayed), delivered to a device of each user, or read; with --json also which device said so and when, and the " +
    "relay's signed receipt. Where the relay cannot be reached it says what is known here.",
  examples: [
    {
      line: "parley status 3fa97c20",
      does: "Show how far a message is; the first digits of its id are enough",
    },
    { line: "parley status 3fa97c20 --json", does: "The same with every device and the relay's receipt" },
  ],
  parser: merge(
    object({
      id: argument(string({ metavar: "ID" }), {
        description: message`The message, as send or history shows it`,
      }),
    }),
    receiptsOption,
    passphraseOptions,
  ),
  async execute({ id, receipts, ...passphrase }, context) {
    const client = await openClient("status", passphrase, context, { receipts });
    try {
      const known = client.delivery.status(id);
      await refresh(client, known, context);
      report(client.delivery.status(known.id), context);
    } finally {
      await client.close();
    }
  },
});

async function refresh(client: Client, known: MessageStatusFacts, context: CommandContext): Promise<void> {
  try {
    await client.connect(context.signal);
    await client.catchUp();
    if (known.status === "queued") await client.deliver(known.conversation);
    if (known.relay === undefined) await client.delivery.obtainRelayReceipts(known, 1);
  } catch (error) {
    if (!(error instanceof ParleyError) || !["network", "timeout", "protocol"].includes(error.kind)) {
      throw error;
    }
    context.out.note(`this is what is known here: ${printable(error.message)}`);
  }
}

function report(facts: MessageStatusFacts, { out }: CommandContext): void {
  const { id, conversation, time, status, users, relay } = facts;
  const record = {
    ...{ type: "status", id, conversation, time: time.toISOString(), status },
    ...(users !== undefined && { users: users.map(userRecord) }),
    ...(relay !== undefined && { relay: relayRecord(relay) }),
  };
  const lines = [
    `${status} ${id}`,
    ...(relay === undefined ? [] : [`  relay: has it since ${relay.time.toISOString()}, signed`]),
    ...(users ?? []).map((one) => `  ${printable(one.user)}: ${userText(one)}`),
  ];
  out.result(record, lines.join("\n"));
}

function userRecord({ user, status, deliveredAt, readAt, devices }: UserStatus): JsonRecord {
  return { user, status, ...times({ deliveredAt, readAt }), devices: devices.map(deviceRecord) };
}

function deviceRecord({ device, ...at }: UserStatus["devices"][number]): JsonRecord {
  return { device, ...times(at) };
}

function times({ deliveredAt, readAt }: { deliveredAt?: Date; readAt?: Date }): JsonRecord {
  return {
    ...(deliveredAt !== undefined && { deliveredAt: deliveredAt.toISOString() }),
    ...(readAt !== undefined && { readAt: readAt.toISOString() }),
  };
}

function relayRecord({ seq, time, sha256, statement, signature, certificates }: RelayReceipt): JsonRecord {
  return {
    ...{ seq, time: time.toISOString(), sha256 },
    statement: encodeBase64(statement),
    signature: encodeBase64(signature),
    certificates: certificates.map((one) => encodeBase64(one)),
  };
}

function userText({ status, deliveredAt, readAt }: UserStatus): string {
  if (readAt !== undefined) return `read ${readAt.toISOString()}`;
  return deliveredAt === undefined ? status : `delivered ${deliveredAt.toISOString()}`;
}
