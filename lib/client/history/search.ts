import type { ClientStore, LineRange, MessageRow } from "../../store/mod.ts";
import { readContent } from "../received_message.ts";
import { findPositions } from "./find_positions.ts";
import { fold, searchableText } from "./searchable_text.ts";

/**
 * Finds messages whose present text, file names or description hold a text, newest first. Upper and lower case,
 * and forms of letters that Unicode holds to be the same (NFKC), are not told apart. Lines are looked at until there
 * are enough; not inside a transaction.
 */
export async function searchConversation(
  store: ClientStore,
  range: LineRange,
  text: string,
  limit: number,
): Promise<MessageRow[]> {
  const wanted = fold(text);
  const found = new Map<number, MessageRow>();
  for await (const position of findPositions(store, range, wanted)) {
    const row = shownLine(store, position, range.since ?? 0);
    if (row === undefined || found.has(row.position) || !presentText(store, row)?.includes(wanted)) continue;
    found.set(row.position, row);
    if (found.size >= limit) break;
  }
  return [...found.values()];
}

/** The line that is shown for what was found: for an edit the message that it changes. */
function shownLine(store: ClientStore, position: number, since: number): MessageRow | undefined {
  const row = store.history.at(position);
  if (row === undefined || row.time < since) return undefined;
  if (row.index?.what !== "edit" || row.index.refers === null) return row;
  const target = store.messages.byMessageId(row.mailbox, row.index.refers);
  return target !== undefined && target.user === row.user ? store.history.at(target.position) : row;
}

/** What the line says by now, folded: the last of its author's edits counts. */
function presentText(store: ClientStore, row: MessageRow): string | undefined {
  const { index, mailbox, user } = row;
  const referring = index === undefined ? [] : store.history.referringTo(mailbox, index.messageId);
  const edit = referring.findLast((one) => one.index?.what === "edit" && one.user === user);
  const isReadable = edit !== undefined && readContent(edit)?.kind === "edit";
  return searchableText(isReadable ? edit : row);
}
