import { readRatchet, storeEpoch, toSnapshot } from "../client/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { InternalError } from "../errors/mod.ts";
import {
  createCommit,
  GroupEpoch,
  type GroupSnapshot,
  type MlsContext,
  openMessage,
  processCommit,
  sealMessage,
} from "../mls/mod.ts";
import { CellCipher, ClientStore } from "../store/mod.ts";
import type { StagedMember } from "./mls_stage.ts";

const NOTHING = new Uint8Array(16);

/** A member of a group with its store on the disk, as a client has it. */
export class GroupSeat implements AsyncDisposable {
  /** Bytes that the last change has added to the write-ahead log; 0 where the log began anew meanwhile. */
  writtenBytes = 0;
  readonly #context: MlsContext;
  #store: ClientStore;
  readonly #folder: string;
  readonly #mailbox: string;

  readonly #cipher = new CellCipher(systemRandom(32), systemRandom);

  private constructor({ context, group }: StagedMember, folder: string) {
    this.#context = context;
    this.#folder = folder;
    this.#mailbox = group.epoch.groupId;
    this.#store = this.#open();
  }

  /** Stores the state of a member in a temporary folder. */
  static async open(member: StagedMember): Promise<GroupSeat> {
    const folder = await Deno.makeTempDir({ prefix: "parley-bench-" });
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => Deno.remove(folder, { recursive: true }));
    const seat = new GroupSeat(member, folder);
    cleanup.defer(() => seat.#store.close());
    await seat.enter(member.group);
    cleanup.move();
    return seat;
  }

  /** Stores the state of another epoch. */
  async enter(group: GroupSnapshot): Promise<void> {
    await this.#change(() => storeEpoch(this.#store, group, 1));
  }

  /** Goes back to a state, with an empty log, so that the next change is as the last one was. */
  async return(group: GroupSnapshot): Promise<void> {
    await this.enter(group);
    await this.#store.close();
    this.#store = this.#open();
  }

  /** Makes a message and stores the ratchet after it. */
  send(plaintext: Uint8Array): Promise<Uint8Array> {
    return this.#change(async () => {
      const epoch = this.#epoch();
      const ratchet = readRatchet(this.#store, epoch, epoch.ownLeaf);
      const sealed = await sealMessage(this.#context, epoch, ratchet, plaintext, NOTHING);
      this.#store.groups.setRatchet(this.#mailbox, epoch.ownLeaf, sealed.ratchet);
      return sealed.message;
    });
  }

  /** Opens a message and stores its sender's ratchet after it. */
  receive(message: Uint8Array): Promise<void> {
    return this.#change(async () => {
      const epoch = this.#epoch(), { groups } = this.#store;
      const lookup = (leaf: number) => {
        const member = groups.member(this.#mailbox, leaf);
        return member &&
          { signatureKey: member.signatureKey, ratchet: readRatchet(this.#store, epoch, leaf) };
      };
      const { leaf, ratchet } = await openMessage(this.#context, epoch, lookup, message);
      groups.setRatchet(this.#mailbox, leaf, ratchet);
    });
  }

  /** Loads the state. */
  load(): GroupSnapshot {
    const rows = this.#store.groups.group(this.#mailbox);
    if (rows === undefined) throw new InternalError("the member has no group");
    return toSnapshot(rows);
  }

  /** Adds a member and stores the state after it; returns the commit. */
  async add(keyPackage: Uint8Array): Promise<Uint8Array> {
    const { commit, pending } = await createCommit(this.#context, this.load(), { add: [keyPackage] });
    await this.enter(pending);
    return commit;
  }

  /** Follows somebody else's commit and stores the state after it. */
  async follow(commit: Uint8Array): Promise<void> {
    const { next } = await processCommit(this.#context, this.load(), commit);
    if (next === undefined) throw new InternalError("the commit has removed who was to follow it");
    await this.enter(next);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #open(): ClientStore {
    return ClientStore.open(this.#folder, { cipher: this.#cipher, holder: "bench" });
  }

  #epoch(): GroupEpoch {
    const bytes = this.#store.groups.epoch(this.#mailbox);
    if (bytes === undefined) throw new InternalError("the member has no group");
    return GroupEpoch.decode(bytes);
  }

  async #change<T>(change: () => Promise<T> | T): Promise<T> {
    const before = this.#logBytes();
    const result = await this.#store.transaction(change);
    this.writtenBytes = Math.max(0, this.#logBytes() - before);
    return result;
  }

  #logBytes(): number {
    return Deno.statSync(`${this.#folder}/parley.db-wal`).size;
  }
}
