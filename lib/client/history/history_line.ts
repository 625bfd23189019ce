import type { ClientStore, MessageRow } from "../../store/mod.ts";
import { describeBody, readContent, type ReceivedMessage, toReceivedMessage } from "../received_message.ts";

/** What users have reacted with, and who. */
export interface ReactionSummary {
  /** The emoji, or what stands for it. */
  reaction: string;
  /** Who, in the order in which they did. */
  users: string[];
}

/** A line of a conversation's history, with what was said about it since. */
export interface HistoryLine extends ReceivedMessage {
  /** When its text was last changed by its author. */
  editedAt?: Date;
  /** Whether its author has taken it back. */
  deleted?: boolean;
  /** Reactions to it that were not taken back. */
  reactedWith?: ReactionSummary[];
}

/** Puts a line together with its edits and the reactions to it. */
export function toHistoryLine(row: MessageRow, store: ClientStore): HistoryLine {
  const line = toReceivedMessage(row, store);
  const { index } = row;
  if (index === undefined) return line;
  if (index.what === "deleted") return { ...line, text: "", deleted: true, ...NOTHING_SHOWN };
  if (line.type !== "message") return line;
  const referring = store.history.referringTo(row.mailbox, index.messageId);
  const reactedWith = summariseReactions(referring);
  return {
    ...line,
    ...latestVersion(row, referring),
    ...(reactedWith.length > 0 && { reactedWith }),
  };
}

const NOTHING_SHOWN = { files: undefined, unshown: undefined };

/** The text that a message has by now; edits by others are none. */
export function latestVersion(
  row: MessageRow,
  referring: MessageRow[],
): Pick<HistoryLine, "text" | "files" | "unshown" | "editedAt"> | undefined {
  const edit = referring.findLast(({ user, index }) => index?.what === "edit" && user === row.user);
  const content = edit && readContent(edit);
  if (edit === undefined || content?.kind !== "edit") return undefined;
  const { text, files, unshown } = describeBody(content.content);
  return { text, files, unshown, editedAt: new Date(edit.time) };
}

function summariseReactions(referring: MessageRow[]): ReactionSummary[] {
  const summaries = new Map<string, Set<string>>();
  for (const row of referring) {
    const content = readContent(row);
    if (content?.kind !== "reaction") continue;
    for (const reaction of content.reactions) {
      const users = summaries.get(reaction) ?? new Set();
      summaries.set(reaction, users.add(row.user));
    }
  }
  return [...summaries].map(([reaction, users]) => ({ reaction, users: [...users] }));
}
