import type { ReceivedMessage } from "../lib/client/mod.ts";
import type { JsonRecord } from "./json_line.ts";
import { printable } from "./printable.ts";

/** A line of the history as `--json` shows it. */
export function messageRecord(received: ReceivedMessage): JsonRecord {
  const { type, from, device, conversation, id, time, text } = received;
  if (type === "revoked") return { type, user: from, device, conversation, id, time: time.toISOString() };
  const common = { type, from, device, conversation, id, time: time.toISOString() };
  return type === "message" ? { ...common, text } : { ...common, reason: text };
}

/** The same for people; what others wrote cannot control the terminal. */
export function messageLine({ type, from, device, conversation, time, text }: ReceivedMessage): string {
  const when = time.toISOString().slice(0, 16).replace("T", " ");
  if (type === "revoked") {
    return `${when} the certificate of ${from}/${device} was revoked: removed from ${conversation}`;
  }
  const said = type === "message"
    ? printable(text, { multiline: true })
    : `(cannot be read: ${printable(text)})`;
  return `${when} ${printable(from)}/${printable(device)}: ${said}`;
}
