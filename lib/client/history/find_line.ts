import { UsageError } from "../../errors/mod.ts";
import type { ClientStore, MessageRow } from "../../store/mod.ts";

const ID_PREFIX = /^[0-9a-f]{4,32}$/;

/**
 * Finds a line by its id or the first digits of it, in one conversation or in all.
 *
 * @throws {UsageError} `message-id-malformed`, `message-unknown`, `message-ambiguous`
 */
export function findLine({ messages }: ClientStore, id: string, mailbox?: string): MessageRow {
  const prefix = id.toLowerCase();
  if (!ID_PREFIX.test(prefix)) {
    throw new UsageError("message-id-malformed", "a message is named by 4 to 32 hexadecimal digits", {
      hint: "'parley history' shows them",
    });
  }
  const [found, other] = messages.byIdPrefix(prefix, mailbox);
  if (other !== undefined) {
    throw new UsageError("message-ambiguous", `more than one message begins with ${prefix}`, {
      hint: "give more of its digits",
    });
  }
  if (found !== undefined) return found;
  throw new UsageError("message-unknown", `there is no message ${prefix} here`, {
    hint: "'parley history' shows the messages of a conversation",
  });
}
