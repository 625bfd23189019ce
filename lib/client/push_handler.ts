import { toParleyError } from "../errors/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import type { Entry, Push } from "../wire/mod.ts";
import type { ClientCore } from "./client_core.ts";
import type { DevicePlacement } from "./devices/device_placement.ts";

/** What handling pushes needs besides the core. */
export interface PushHandlerOptions {
  /** Brings this user's new devices into conversations. */
  placement: DevicePlacement;
  /** Keeps conversations in order; within {@link ClientCore.serially} only. */
  keepInOrder: (connection: ClientConnection) => Promise<void>;
}

/** Works in what the relay sends unasked, one after the other. Where that fails the connection is ended. */
export class PushHandler {
  readonly #core: ClientCore;
  readonly #options: PushHandlerOptions;
  /** Pushes without content that wait for their turn. */
  readonly #heard = new Set<string>();

  /** Works for one device. */
  constructor(core: ClientCore, options: PushHandlerOptions) {
    this.#core = core;
    this.#options = options;
  }

  /** Works in one push. Never rejects. */
  async handle(connection: ClientConnection, push: Push): Promise<void> {
    if (push.push === "crl") return await this.#onCrl(connection, push.crl);
    const isWord = push.push === "devices-changed" || push.push === "group-info";
    const word = isWord ? JSON.stringify(push) : undefined;
    // However often it is said: what it leads to is done once, after everything that is under way.
    if (word !== undefined && this.#heard.has(word)) return;
    if (word !== undefined) this.#heard.add(word);
    await this.#core.serially(async () => {
      if (word !== undefined) this.#heard.delete(word);
      if (push.push === "group-info") return await this.#onGroupInfo(connection, push);
      if (push.push === "devices-changed") await this.#options.placement.settle(connection);
      await this.#core.synchronizer.workIn(connection, push);
      if (push.push === "entries" && push.entries.some(isHandshake)) {
        await this.#options.keepInOrder(connection);
      }
      this.#core.changed();
      await this.#core.synchronizer.acknowledge(connection);
    }).catch((error) => endWith(connection, error));
  }

  /** Somebody wants to enter a conversation again; or this device does, and now it can. */
  async #onGroupInfo(
    connection: ClientConnection,
    { mailbox, wanted }: Extract<Push, { push: "group-info" }>,
  ): Promise<void> {
    if (wanted) return await this.#core.conversations.putGroupInfo(mailbox, connection);
    await this.#options.keepInOrder(connection);
    this.#core.changed();
  }

  /** A newer CRL may concern the relay itself, and members of conversations. */
  async #onCrl(connection: ClientConnection, crl: Uint8Array): Promise<void> {
    try {
      await this.#core.link.takeCrl(connection, crl);
    } catch (thrown) {
      const error = toParleyError(thrown);
      return error.code === "crl-stale" ? this.#core.warn(error) : endWith(connection, error);
    }
    await this.#core.serially(async () => {
      await this.#options.keepInOrder(connection);
      this.#core.changed();
    }).catch((error) => endWith(connection, error));
  }
}

/** Whether an entry may leave something to be done in its conversation. */
function isHandshake({ kind }: Entry): boolean {
  return kind === "commit" || kind === "welcome";
}

/**
 * Ends a connection on which something could not be worked in: what is lost with it is asked for again on the
 * next one, which fails where it must. Does not wait, for the connection waits for whoever calls this.
 */
function endWith(connection: ClientConnection, error: unknown): void {
  void connection.close(toParleyError(error));
}
