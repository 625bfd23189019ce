import type { ClientConnection } from "../../transport/mod.ts";
import { Flights } from "./flights.ts";
import { nextTurn } from "./next_turn.ts";
import type { RecordSource } from "./record_source.ts";
import { TRANSFER_TIMEOUT_MS } from "./transfer_link.ts";

/** Records that await the relay's word that they are on its disk: 6 MiB. More are not faster. */
const WINDOW = 24;

/** What to send where. */
export interface SendOptions {
  /** The way to the relay. */
  connection: ClientConnection;
  /** The blob that they belong to. */
  blob: Uint8Array<ArrayBuffer>;
  /** The records; the next one is `from`. */
  source: RecordSource;
  /** The first one to send. */
  from: number;
  /** How many there are in all. */
  records: number;
  /** Breaks off. */
  signal: AbortSignal;
  /** Hears how many records are on the relay's disk. */
  onStored(stored: number): void;
}

/** Sends records in order; each is read and sealed while those before it are on their way. */
export async function sendRecords(options: SendOptions): Promise<void> {
  const { connection, blob, source, from, records, signal, onStored } = options;
  const flights = new Flights(WINDOW);
  for (let index = from; index < records; index++) {
    signal.throwIfAborted();
    const record = source.next();
    const put = { blob, index, record };
    const answer = connection.request("blob-put", put, { signal, timeoutMs: TRANSFER_TIMEOUT_MS });
    await flights.add(answer.then(({ stored }) => {
      source.giveBack(record);
      onStored(stored);
    }));
    // What was sealed leaves, and answers are read, before the next one is.
    await nextTurn();
  }
  await flights.landed();
}
