import type { ClientCore } from "../client_core.ts";
import { decodeContent } from "../content/mod.ts";
import { addMessage } from "../history/add_message.ts";
import type { VisibleContent } from "../history/index_content.ts";

/** Takes content of any kind that a person may see into the history and the outbox; inside a transaction. */
export function enqueueContent(
  { store, self, clock }: ClientCore,
  mailbox: string,
  content: Uint8Array,
  id: Uint8Array<ArrayBuffer>,
): void {
  const time = clock().getTime();
  const decoded = decodeContent(content) as VisibleContent;
  addMessage(store, { id, mailbox, seq: null, ...self, time, outgoing: true, content, decoded }, time);
  const expires = store.messages.get(mailbox, id)?.index?.expires ?? undefined;
  store.outbox.add({ id, mailbox, content, expires });
}
