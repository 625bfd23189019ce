import { ParleyError } from "../../errors/mod.ts";
import { CellCipher } from "../../store/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { isPassing } from "../is_passing.ts";
import { FileTransfers } from "./file_transfers.ts";
import { IncomingFiles } from "./incoming_files.ts";
import { OutgoingFiles } from "./outgoing_files.ts";

const TELL_PATIENCE_MS = 5_000;

/** Files in conversations: sends them, saves them, and knows which there are. */
export class Files {
  /** Sends files, and goes on with what was broken off. */
  readonly outgoing: OutgoingFiles;
  /** The files that messages name. */
  readonly incoming: IncomingFiles;
  /** Takes encrypted content to the relay and from it. */
  readonly transfers: FileTransfers;
  readonly #core: ClientCore;

  /** Works for one device. */
  constructor(core: ClientCore) {
    this.#core = core;
    const { identity, link, random, clock } = core;
    this.transfers = new FileTransfers({
      connect: (signal) => link.dialBeside(signal),
      folder: `${identity.folder}/uploads`,
      cipher: new CellCipher(identity.storageKey.expose(), random),
      random,
      clock,
    });
    this.outgoing = new OutgoingFiles(core, this.transfers);
    this.incoming = new IncomingFiles(core.store, this.transfers);
  }

  /**
   * Finishes what an earlier process has left just before its end, and tells the relay what it has to know of files.
   * Needs a connection.
   *
   * @throws {NetworkError} {TimeoutError} where the relay is lost; the next attempt does the rest
   */
  async settle(signal?: AbortSignal): Promise<void> {
    await this.outgoing.settle();
    await this.incoming.tellRelay({ signal });
  }

  /** Tells the relay what it has to know of files; where it cannot be told now, it is the next time. */
  async tellRelay(): Promise<void> {
    try {
      await this.incoming.tellRelay({ patienceMs: TELL_PATIENCE_MS });
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      if (!isPassing(error)) this.#core.warn(error);
    }
  }

  /** Closes the connection that was made for files. */
  close(): Promise<void> {
    return this.transfers.close();
  }
}
