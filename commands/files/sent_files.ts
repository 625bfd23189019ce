import type { Client, SentMessage } from "../../lib/client/mod.ts";
import type { CommandContext } from "../command.ts";
import { describeConversation } from "../conversation.ts";
import type { JsonRecord } from "../json_line.ts";
import { printable } from "../printable.ts";
import { describeFile } from "./file_lines.ts";

/** The files of a message that was sent, as `--json` shows them; nothing where it has none. */
export function sentFiles(client: Client, { conversation, id }: SentMessage): JsonRecord {
  const files = client.files.incoming.ofMessage(conversation, id);
  return files.length === 0 ? {} : {
    files: files.map(({ id, name, size, folder }) => ({ id, name, size, ...(folder && { folder }) })),
  };
}

/** Prints how far the message with files is. */
export function reportSentFiles(client: Client, sent: SentMessage, { out }: CommandContext): void {
  const progress = client.delivery.progressOf(sent);
  if (progress === undefined) return;
  const { id, conversation, status } = progress;
  const what = client.files.incoming.ofMessage(conversation, id).map(describeFile).join(", ");
  const to = describeConversation(client, conversation);
  out.result(
    { type: "sent", id, to, conversation, status, ...sentFiles(client, sent) },
    `${status} ${id}: ${what} to ${printable(to)}`,
  );
}
