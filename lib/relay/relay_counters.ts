import type { BlobTotals } from "../store/mod.ts";
import type { OperationName } from "../wire/mod.ts";

/**
 * What a relay has counted since it started. Names and sizes of conversations are not in it: who watches over a
 * relay need not learn who writes to whom.
 */
export class RelayCounters {
  /** Connections that were accepted. */
  connections = 0;
  /** Connections of revoked devices that were closed. */
  revoked = 0;
  /** Devices that were enrolled. */
  enrolled = 0;
  /** Entries that were written to mailboxes. */
  entries = 0;
  /** Bytes of their bodies. */
  entryBytes = 0;
  /** Requests that were refused because their device asks too much. */
  rateLimited = 0;
  /** Failures of the relay itself: each has a line in the log. */
  failures = 0;
  readonly #requests = new Map<OperationName, number>();

  /** Counts a request. */
  request(op: OperationName): void {
    this.#requests.set(op, (this.#requests.get(op) ?? 0) + 1);
  }

  /** Requests by operation. */
  get requests(): ReadonlyMap<OperationName, number> {
    return this.#requests;
  }
}

/** A look at a relay at work. */
export interface RelayStats {
  /** What it has counted since it started. */
  counters: RelayCounters;
  /** Connections that are open, those that only enrol among them. */
  openConnections: number;
  /** Devices that have a connection. */
  devicesOnline: number;
  /** Bytes of the files that hold the mailboxes. */
  mailboxBytes: number;
  /** The encrypted files that wait for whoever has not fetched them. */
  files: BlobTotals;
  /** Bytes that are free for this process in the file system of the relay's folder. */
  freeBytes: number;
  /** When the certificate that it shows ends. */
  certificateNotAfter: Date;
}
