import type { Client } from "../../lib/client/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import type { CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { saveFiles } from "./save_files.ts";

/** Saves the files that arrive in one folder. */
export class FileSaver {
  readonly #client: Client;
  readonly #folder: string;
  readonly #context: CommandContext;
  /** Files that were tried; what is wrong with one is said once. */
  readonly #tried = new Set<string>();

  /** Saves nothing yet. */
  constructor(client: Client, folder: string, context: CommandContext) {
    this.#client = client;
    this.#folder = folder;
    this.#context = context;
  }

  /**
   * Saves everything that waits.
   *
   * @throws {ParleyError} the first that was wrong with a file, when the others are saved; where nothing more can be
   * saved at once
   */
  async saveAll(): Promise<void> {
    const waiting = this.#client.files.incoming.waiting();
    const failure = await saveFiles(this.#client, waiting, this.#folder, this.#context);
    if (failure !== undefined) throw failure;
  }

  /**
   * Saves what waits and what arrives, until `signal` aborts. While the relay is not there, it waits.
   *
   * @throws {ParleyError} where nothing more can be saved: no room in the folder
   */
  async follow(signal: AbortSignal): Promise<void> {
    let wake = Promise.withResolvers<void>();
    const unlisten = this.#client.onHistory(() => wake.resolve());
    const onAbort = () => wake.resolve();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        wake = Promise.withResolvers();
        await this.#saveNew(signal);
        if (!signal.aborted) await wake.promise;
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      unlisten();
    }
  }

  async #saveNew(signal: AbortSignal): Promise<void> {
    const { io, options } = this.#context;
    // A bar would stand in the way of messages that arrive meanwhile.
    const quiet = options.quiet || io.stdout.isTerminal();
    const context = { ...this.#context, signal, options: { ...options, quiet } };
    for (const item of this.#client.files.incoming.waiting()) {
      if (this.#tried.has(item.id)) continue;
      try {
        await saveFiles(this.#client, [item], this.#folder, context);
        this.#tried.add(item.id);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ParleyError) || !["network", "timeout"].includes(error.kind)) throw error;
        // It is gone on with when something else arrives, which takes a connection.
        return this.#context.out.note(`${printable(item.name)}: ${error.message}`);
      }
    }
  }
}
