import { decodeContent } from "../content/mod.ts";
import { describeBody, readContent } from "../received_message.ts";
import type { ClientStore, LineRange, MessageRow } from "../../store/mod.ts";
import { latestVersion } from "./history_line.ts";

/**
 * Finds messages whose present text, file names or description hold a text, newest first. Upper and lower case,
 * and forms of letters that Unicode holds to be the same (NFKC), are not told apart. Every message is decrypted and
 * looked at until there are enough: nothing that could be searched is kept in clear.
 */
export function searchConversation(
  store: ClientStore,
  range: LineRange,
  text: string,
  limit: number,
): MessageRow[] {
  const wanted = fold(text);
  const found = new Map<number, MessageRow>();
  for (const { position, content } of store.history.scan(range)) {
    // The text stands in the content as it is; what does not hold it need not be decoded.
    if (!fold(LENIENT.decode(content)).includes(wanted)) continue;
    const row = messageAt(store, position);
    if (row === undefined || found.has(row.position) || !presentText(store, row).includes(wanted)) continue;
    found.set(row.position, row);
    if (found.size >= limit) break;
  }
  return [...found.values()];
}

const LENIENT = new TextDecoder();

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** The line that is shown for what was found: for an edit the message that it changes. */
function messageAt(store: ClientStore, position: number): MessageRow | undefined {
  const row = store.history.at(position);
  if (row?.index?.what !== "edit" || row.index.refers === null) return row;
  const target = store.messages.byMessageId(row.mailbox, row.index.refers);
  return target !== undefined && target.user === row.user ? store.history.at(target.position) : row;
}

function presentText(store: ClientStore, row: MessageRow): string {
  const { index, mailbox } = row;
  const referring = index === undefined ? [] : store.history.referringTo(mailbox, index.messageId);
  const latest = latestVersion(row, referring);
  return fold(latest?.text ?? originalText(row));
}

function originalText(row: MessageRow): string {
  const content = readContent(row) ?? decodeContent(row.content);
  if (content.kind === "edit") return describeBody(content.content).text;
  return content.kind === "delete" || content.kind === "status" || content.kind === "control"
    ? ""
    : describeBody(content).text;
}
