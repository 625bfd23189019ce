import { ProtocolError, StorageError } from "../errors/mod.ts";
import {
  type BlobFacts,
  type BlobStore,
  type BlobUsage,
  type MailboxReaders,
  type MailboxStore,
  mayRead,
} from "../store/mod.ts";
import { type Answer, LATER } from "../transport/mod.ts";
import {
  BLOB_RECORD_BYTES,
  type BlobOperations,
  type DeviceRef,
  formatDeviceRef,
  type OperationRequest,
  type OperationResponse,
} from "../wire/mod.ts";
import type { RelayLimits } from "./relay_limits.ts";
import type { Session } from "./session.ts";

/** What a blob service is made of. */
export interface BlobServiceOptions {
  /** Where the blobs are. */
  blobs: BlobStore;
  /** Says who is in which conversation. */
  mailboxes: Pick<MailboxStore, "readers">;
  /** Bounds. */
  limits: RelayLimits;
}

/** The answers to the requests about blobs. */
export type BlobAnswers = {
  [N in keyof BlobOperations]: (
    fields: OperationRequest<N>,
    answer: Answer<N>,
  ) => Promise<OperationResponse<N>> | typeof LATER;
};

/** Records of one connection that are read at once; more would only wait in memory for the connection. */
const MAX_READS = 4;
/** Buffers for reading that wait to be used again: 2 MiB. */
const MAX_WAITING_BUFFERS = 8;

/**
 * Takes in and hands out encrypted files. Who is a member of the conversation when an upload ends may fetch it, just as
 * it may read the entry that names the file.
 */
export class BlobService {
  readonly #blobs: BlobStore;
  readonly #mailboxes: Pick<MailboxStore, "readers">;
  readonly #limits: RelayLimits;
  readonly #inFlight = new Map<string, number>();
  #totalInFlight = 0;
  readonly #buffers: ArrayBuffer[] = [];

  /** Creates the service. */
  constructor({ blobs, mailboxes, limits }: BlobServiceOptions) {
    this.#blobs = blobs;
    this.#mailboxes = mailboxes;
    this.#limits = limits;
  }

  /** The answers for one connection. */
  answers(session: Session): BlobAnswers {
    const from = session.device;
    const reads = new ReadSlots(MAX_READS);
    return {
      "blob-begin": (fields) => this.#begin(from, fields),
      "blob-put": (fields) => this.#put(session, fields),
      "blob-finish": (fields) => this.#finish(from, fields),
      "blob-get": (fields, answer) => {
        reads.use(() => this.#get(session, fields, answer)).catch((error) => answer.reject(error));
        return LATER;
      },
      "blob-done": ({ blob }) => this.#done(from, blob),
      "blob-delete": async ({ blob }) => {
        await this.#blobs.delete(from, blob);
        return {};
      },
    };
  }

  /** Deletes what is past its time and what nobody needs any more, and the files that a crash has left. */
  async maintain(): Promise<void> {
    await this.#blobs.expire((blob) => this.#readersOf(blob));
    await this.#blobs.collectOrphans();
  }

  /** What is stored. */
  usage(): Promise<BlobUsage> {
    return this.#blobs.usage();
  }

  async #begin(
    from: DeviceRef,
    { blob, mailbox, records, lastRecordBytes }: OperationRequest<"blob-begin">,
  ): Promise<OperationResponse<"blob-begin">> {
    const readers = await this.#mailboxes.readers(mailbox);
    if (!mayReadEntry(readers, from, (readers?.head ?? 0) + 1)) throw notAMember();
    return await this.#blobs.begin({ id: blob, creator: from, mailbox, records, lastRecordBytes });
  }

  async #put(
    { device, name }: Session,
    { blob, index, record }: OperationRequest<"blob-put">,
  ): Promise<OperationResponse<"blob-put">> {
    this.#take(name, record.length);
    try {
      return { stored: await this.#blobs.put(device, blob, index, record) };
    } finally {
      this.#giveBack(name, record.length);
    }
  }

  async #finish(
    from: DeviceRef,
    { blob, seq }: OperationRequest<"blob-finish">,
  ): Promise<OperationResponse<"blob-finish">> {
    const facts = this.#find(blob);
    const readers = await this.#mailboxes.readers(facts.mailbox);
    const next = (readers?.head ?? 0) + 1;
    await this.#blobs.finish(from, blob, Math.min(seq ?? next, next));
    return {};
  }

  async #get(
    session: Session,
    { blob, index }: OperationRequest<"blob-get">,
    answer: Answer<"blob-get">,
  ): Promise<void> {
    const facts = this.#find(blob);
    await this.#assertReader(facts, session.device);
    await session.drained();
    const buffer = this.#buffers.pop() ?? new ArrayBuffer(BLOB_RECORD_BYTES);
    const record = await this.#blobs.read(facts, index, buffer);
    answer.resolve({ record });
    if (this.#buffers.length < MAX_WAITING_BUFFERS) this.#buffers.push(buffer);
  }

  async #done(from: DeviceRef, blob: Uint8Array): Promise<OperationResponse<"blob-done">> {
    const facts = this.#blobs.find(blob);
    if (facts === undefined) return {};
    await this.#assertReader(facts, from);
    await this.#blobs.done(blob, from, (present) => this.#readersOf(present));
    return {};
  }

  #find(blob: Uint8Array): BlobFacts {
    const facts = this.#blobs.find(blob);
    if (facts === undefined) {
      throw new ProtocolError("blob-unknown", "the relay does not have this file (any more)");
    }
    return facts;
  }

  async #assertReader({ mailbox, seq, creator }: BlobFacts, device: DeviceRef): Promise<void> {
    if (formatDeviceRef(creator) === formatDeviceRef(device)) return;
    const readers = await this.#mailboxes.readers(mailbox);
    // Of an upload that is not finished, members of now are told so.
    if (!mayReadEntry(readers, device, seq ?? (readers?.head ?? 0) + 1)) throw notAMember();
  }

  async #readersOf({ mailbox, seq, creator }: BlobFacts): Promise<string[]> {
    const readers = await this.#mailboxes.readers(mailbox);
    if (readers === undefined || seq === undefined) return [];
    const uploader = formatDeviceRef(creator);
    return [...readers.members].filter(([device, membership]) =>
      device !== uploader && mayRead(membership, seq)
    )
      .map(([device]) => device);
  }

  /** Bounds what waits for the disk; a client within its window never meets the bounds. */
  #take(device: string, bytes: number): void {
    const own = this.#inFlight.get(device) ?? 0;
    const { maxBlobBytesInFlightPerDevice, maxBlobBytesInFlight } = this.#limits;
    if (own + bytes > maxBlobBytesInFlightPerDevice || this.#totalInFlight + bytes > maxBlobBytesInFlight) {
      throw new StorageError("blob-busy", "the relay is busy with other files", {
        hint: "try again in a moment",
      });
    }
    this.#inFlight.set(device, own + bytes);
    this.#totalInFlight += bytes;
  }

  #giveBack(device: string, bytes: number): void {
    const left = this.#inFlight.get(device)! - bytes;
    if (left > 0) this.#inFlight.set(device, left);
    else this.#inFlight.delete(device);
    this.#totalInFlight -= bytes;
  }
}

/** Lets so many work at once; the others wait in their order. */
class ReadSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

function mayReadEntry(readers: MailboxReaders | undefined, device: DeviceRef, seq: number): boolean {
  const membership = readers?.members.get(formatDeviceRef(device));
  return membership !== undefined && mayRead(membership, seq);
}

function notAMember(): ProtocolError {
  return new ProtocolError("not-a-member", "this device is not a member of the conversation");
}
