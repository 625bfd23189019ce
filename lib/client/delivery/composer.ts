import { encodeHex } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { ENTRY_ID_BYTES } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { SentMessage } from "../client_types.ts";
import { encodeDelete, encodeEdit, encodeReaction, encodeText, encodeUnlike } from "../content/mod.ts";
import type { Draft } from "./draft.ts";
import { enqueueContent } from "./enqueue_content.ts";
import { expireIn, findReferable, type Referable } from "./find_referable.ts";

/** Takes what is to be said, and keeps it in the outbox and the history until the relay has it. */
export class Composer {
  readonly #core: ClientCore;

  /** Writes as one device. */
  constructor(core: ClientCore) {
    this.#core = core;
  }

  /**
   * Takes a draft for a conversation: from here on it is safe in the outbox.
   *
   * @throws {UsageError} `text-empty`, `text-too-long`, `reaction-malformed`, `expiry-malformed`,
   * `message-unknown`, `message-ambiguous`, `message-foreign`, `message-unfit`
   */
  enqueue(mailbox: string, draft: Draft): Promise<SentMessage> {
    return this.enqueueContent(mailbox, this.#encode(mailbox, draft));
  }

  /** Takes content of any kind that a person may see. */
  async enqueueContent(mailbox: string, content: Uint8Array): Promise<SentMessage> {
    const { store, random } = this.#core;
    const id = random(ENTRY_ID_BYTES);
    await store.transaction(() => enqueueContent(this.#core, mailbox, content, id));
    return { id: encodeHex(id), conversation: mailbox, status: "queued" };
  }

  #encode(mailbox: string, draft: Draft): Uint8Array {
    const { random, clock } = this.#core;
    switch (draft.type) {
      case "text":
        return encodeText(draft.text, random, {
          inReplyTo: draft.replyTo === undefined ? undefined : this.#find(mailbox, draft.replyTo).messageId,
          expires: expireIn(draft.expiresInMs, clock()),
        });
      case "edit":
        return encodeEdit(this.#findOwn(mailbox, draft.target, "text").messageId, draft.text, random);
      case "delete":
        return this.#encodeDelete(mailbox, draft.target);
      case "reaction":
        return encodeReaction(this.#find(mailbox, draft.target).messageId, draft.reaction, random);
    }
  }

  #encodeDelete(mailbox: string, target: string): Uint8Array {
    const { messageId, row } = this.#findOwn(mailbox, target);
    const { refers = null, what } = row.index ?? {};
    return what === "reaction" && refers !== null
      ? encodeUnlike(messageId, refers, this.#core.random)
      : encodeDelete(messageId, this.#core.random);
  }

  #find(mailbox: string, id: string): Referable {
    return findReferable(this.#core.store, mailbox, id);
  }

  #findOwn(mailbox: string, id: string, what?: string): Referable {
    const found = this.#find(mailbox, id);
    if (!found.row.outgoing) {
      throw new UsageError("message-foreign", `the message is ${found.row.user}'s: only they can change it`);
    }
    if (what === undefined || found.row.index?.what === what) return found;
    throw new UsageError("message-unfit", "only a text can be given another text");
  }
}
