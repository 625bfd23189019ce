import { GroupEpoch } from "../mls/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import { readRatchet } from "./ratchets.ts";

/** A member with what its next message needs. */
export type SenderRow = DeviceRef & { serial: string; signatureKey: Uint8Array; ratchet: Uint8Array };

/** Keeps what a batch of messages needs again and again, within one transaction and one epoch. */
export class SenderCache {
  readonly #store: ClientStore;
  readonly #mailbox: string;
  readonly #members = new Map<number, SenderRow | undefined>();
  #epoch: GroupEpoch | undefined;

  /** Reads rows of one conversation as they are asked for. */
  constructor(store: ClientStore, mailbox: string) {
    this.#store = store;
    this.#mailbox = mailbox;
  }

  /** The present epoch; undefined where this device is not in the group. */
  epoch(): GroupEpoch | undefined {
    if (this.#epoch === undefined) {
      const bytes = this.#store.groups.epoch(this.#mailbox);
      this.#epoch = bytes && GroupEpoch.decode(bytes);
    }
    return this.#epoch;
  }

  /** A member by its leaf index. */
  member(leaf: number): SenderRow | undefined {
    if (!this.#members.has(leaf)) this.#members.set(leaf, this.#read(leaf));
    return this.#members.get(leaf);
  }

  /** Forgets everything: a handshake has changed it. */
  clear(): void {
    this.#members.clear();
    this.#epoch = undefined;
  }

  #read(leaf: number): SenderRow | undefined {
    const epoch = this.epoch(), member = this.#store.groups.member(this.#mailbox, leaf);
    if (epoch === undefined || member === undefined) return undefined;
    return { ...member, ratchet: readRatchet(this.#store, epoch, leaf) };
  }
}
