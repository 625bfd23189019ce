import { decodeContent } from "../../lib/client/content/mod.ts";
import { addMessage } from "../../lib/client/history/add_message.ts";
import type { VisibleContent } from "../../lib/client/history/index_content.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { CellCipher, ClientStore } from "../../lib/store/mod.ts";

/** The conversation of the lines that {@link ClientStoreFixture.add} adds. */
export const conversation = "direct:alice,bob";

/** A client's store in a folder of its own, for alice; both go with the scope. */
export class ClientStoreFixture implements AsyncDisposable {
  readonly store: ClientStore;
  readonly folder: string;
  /** Opens what is sealed in it. */
  readonly cipher: CellCipher = new CellCipher(systemRandom(32), systemRandom);
  /** The time of the next line. */
  now = 1_700_000_000_000;
  #seq = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.store = ClientStore.open(folder, { cipher: this.cipher, holder: "test" });
  }

  /** Opens a store in a new folder. */
  static async open(): Promise<ClientStoreFixture> {
    return new ClientStoreFixture(await Deno.makeTempDir({ prefix: "parley-client-" }));
  }

  /** Adds a message of a user, one millisecond after the one before, and returns its entry's and its own id. */
  async add(
    user: string,
    content: Uint8Array,
  ): Promise<{ id: Uint8Array<ArrayBuffer>; messageId: Uint8Array }> {
    const id = systemRandom(16);
    const time = this.now++;
    const decoded = decodeContent(content) as VisibleContent;
    const line = { id, mailbox: conversation, seq: ++this.#seq, user, device: "one", time, content, decoded };
    await this.store.transaction(() => {
      this.store.mailboxes.advance(conversation, this.#seq);
      addMessage(
        this.store,
        { ...line, outgoing: user === "alice", wantsReceipt: user !== "alice" },
        this.now,
      );
    });
    return {
      id,
      messageId: this.store.messages.get(conversation, id)?.index?.messageId ?? new Uint8Array(32),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}
