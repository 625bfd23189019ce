import type { Client, FileItem, PendingFiles } from "../../lib/client/mod.ts";
import { describeConversation } from "../conversation.ts";
import { formatMinute } from "../format_time.ts";
import { formatBytes } from "../history/format_bytes.ts";
import type { JsonRecord } from "../json_line.ts";
import { shortId } from "../message_lines.ts";
import { printable } from "../printable.ts";

/** A file as `--json` shows it. */
export function fileRecord(client: Client, item: FileItem): JsonRecord {
  const { id, from, device, conversation, message, time, outgoing, name, size, mediaType, folder } = item;
  return {
    ...{
      type: "file",
      id,
      from,
      device,
      conversation,
      message,
      time: time.toISOString(),
      name,
      size,
      mediaType,
    },
    ...(folder && { folder }),
    ...(outgoing ? { outgoing } : { verification: client.people.stateOf(from) }),
    state: item.state,
    ...(item.path !== undefined && { path: item.path }),
  };
}

/** A file for people: when, from whom, what, and what can be done with it. */
export function fileLine(client: Client, item: FileItem): string {
  return `${formatMinute(item.time)} ${whoseFile(client, item)}: ${describeFile(item)}${describeState(item)}`;
}

/** What a file is: its name and size. */
export function describeFile({ name, size, folder }: FileItem): string {
  return `${folder ? "folder" : "file"} ${printable(name)} (${formatBytes(size)})`;
}

function whoseFile(client: Client, { from, device, outgoing, conversation }: FileItem): string {
  const who = `${printable(from)}/${printable(device)}`;
  if (outgoing) return `${who} to ${printable(describeConversation(client, conversation))}`;
  const place = conversation.startsWith("direct:")
    ? ""
    : ` in ${printable(describeConversation(client, conversation))}`;
  return `${who}${place} (${client.people.stateOf(from)})`;
}

function describeState({ id, state, path, outgoing }: FileItem): string {
  switch (state) {
    case "available":
      return outgoing ? `, ${shortId(id)}` : `, 'parley files get ${shortId(id)}' fetches it`;
    case "saving":
      return `, fetched in part: 'parley files get ${shortId(id)}' goes on`;
    case "saved":
      return `, saved as ${printable(path ?? "")}`;
    case "sent":
      return `, ${shortId(id)}, sent`;
    case "withdrawn":
    case "removed":
      return `, ${shortId(id)}, removed`;
    case "gone":
      return `, ${shortId(id)}, not at the relay any more`;
    case "refused":
      return `, ${shortId(id)}, refused`;
  }
}

/** Files that were not sent to their end, as `--json` shows them. */
export function pendingRecord(pending: PendingFiles): JsonRecord {
  const { id, conversation, time, caption, files, busy, lost } = pending;
  const state = busy ? "sending" : lost ? "lost" : "interrupted";
  return { type: "pending", id, conversation, time: time.toISOString(), caption, files, state };
}

/** The same for people. */
export function pendingLine(client: Client, { id, conversation, files, busy, lost }: PendingFiles): string {
  const names = files.map(({ name }) => printable(name)).join(", ");
  const to = printable(describeConversation(client, conversation));
  const what = busy
    ? "is being sent by another process"
    : lost
    ? `cannot be gone on with: 'parley files rm ${shortId(id)}', and send it again`
    : `is not sent yet: 'parley files resume ${shortId(id)}' goes on`;
  return `to ${to}: ${names} ${what}`;
}
