import { type CborValue, decodeCbor, encodeCbor, equalBytes } from "../bytes/mod.ts";
import type { RandomSource } from "../crypto/mod.ts";
import { AuthenticationError, ParleyError, ProtocolError } from "../errors/mod.ts";
import {
  checkMembers,
  createCommit,
  type CreatedCommit,
  createGroup,
  encodePendingState,
  type GroupSnapshot,
  type MlsContext,
  readKeyPackage,
} from "../mls/mod.ts";
import type { ClientStore, PendingCommitRow } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import {
  type DeviceRef,
  directUsers,
  ENTRY_ID_BYTES,
  formatDeviceRef,
  type OperationRequest,
} from "../wire/mod.ts";
import { keyPackageValidity } from "./key_packages.ts";
import { adoptPending, toSnapshot } from "./receiver.ts";
import { serialOf } from "./renewal.ts";

/** Others may win the epoch this often in a row before an attempt is given up. */
const MAX_ATTEMPTS = 50;

/** What has to change so that a group's members are the devices that belong into its conversation. */
interface MembershipGap {
  /** Devices that are missing. */
  missing: DeviceRef[];
  /** Members that are not to be trusted any more. */
  refused: DeviceRef[];
  /** Their leaf indices. */
  refusedLeaves: number[];
  /** Whether this device is known to the others by a certificate that was renewed since. */
  outdated: boolean;
}

/**
 * Keeps the groups of conversations as they should be: every device of the conversation's users is a member,
 * nobody whose certificate was revoked or has expired, and this device under its present certificate.
 *
 * A commit is stored with the state after it before it is sent. Its fate is learnt from the relay's answer
 * or from the log, whichever comes first, by any process of this identity.
 */
export class Conversations {
  readonly #store: ClientStore;
  readonly #mls: MlsContext;
  readonly #self: DeviceRef;
  readonly #random: RandomSource;

  /** Works on a store as one device. */
  constructor(store: ClientStore, mls: MlsContext, self: DeviceRef, random: RandomSource) {
    this.#store = store;
    this.#mls = mls;
    this.#self = self;
    this.#random = random;
  }

  /**
   * Makes the conversation of two users ready to send to. What the relay has must be worked in before.
   *
   * @param devices The users' devices, as the relay lists them
   * @param catchUp Works in what the relay has and this device has not
   * @throws {ProtocolError} `unknown-user`, `no-key-package`, `conversation-broken`, `conversation-lost`
   */
  async ready(
    mailbox: string,
    devices: DeviceRef[],
    connection: ClientConnection,
    catchUp: () => Promise<void>,
  ): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const pending = this.#store.pendingCommits.get(mailbox) ??
        await this.#prepare(mailbox, devices, connection);
      if (pending === undefined) return;
      if (!await this.#submit(mailbox, pending, connection)) await catchUp();
      this.#assertUsable(mailbox, attempt);
    }
    throw new ProtocolError("conversation-busy", "others change the conversation without end", {
      hint: "try again later",
    });
  }

  /** Makes and stores the commit that is needed; undefined where none is. */
  async #prepare(
    mailbox: string,
    devices: DeviceRef[],
    connection: ClientConnection,
  ): Promise<PendingCommitRow | undefined> {
    const rows = this.#store.groups.group(mailbox);
    const current = rows && toSnapshot(rows);
    const gap = await this.#findGap(current, devices);
    if (current !== undefined && !gap.outdated && gap.missing.length + gap.refused.length === 0) {
      return undefined;
    }
    const packages = await this.#takeKeyPackages(gap.missing, connection);
    const added = gap.missing.filter((device) => packages.has(formatDeviceRef(device)));
    this.#assertReachable(mailbox, devices, current, added);
    if (current !== undefined && !gap.outdated && added.length + gap.refused.length === 0) return undefined;
    const add = added.map((device) => packages.get(formatDeviceRef(device))!);
    return await this.#store.transaction(async () => {
      // Another process of this identity may have been quicker.
      const known = this.#store.pendingCommits.get(mailbox);
      if (known !== undefined) return known;
      if (this.#store.groups.epochNumber(mailbox) !== current?.epoch.number) return undefined;
      // Read again: another process may have sealed messages since, and the commit moves the same ratchet row.
      const present = this.#store.groups.group(mailbox);
      const base = present === undefined
        ? await createGroup(this.#mls, mailbox, keyPackageValidity(new Date()))
        : toSnapshot(present);
      const created = await createCommit(this.#mls, base, { add, remove: gap.refusedLeaves });
      if (present !== undefined) {
        this.#store.groups.setRatchet(mailbox, base.epoch.ownLeaf, created.ratchet);
      }
      const pending = this.#toPending(mailbox, base, created, { add: added, remove: gap.refused });
      this.#store.pendingCommits.put(mailbox, pending);
      return pending;
    });
  }

  async #findGap(current: GroupSnapshot | undefined, devices: DeviceRef[]): Promise<MembershipGap> {
    const members = current?.members ?? [{ ...this.#self, leaf: -1 }];
    const ownLeaf = current?.epoch.ownLeaf;
    const untrusted = current === undefined ? [] : await checkMembers(this.#mls, current.tree);
    // A member cannot remove itself; its own certificate it renews.
    const refusedLeaves = untrusted.filter((leaf) => leaf !== ownLeaf);
    const own = current?.members.find(({ leaf }) => leaf === ownLeaf);
    const trusted = members.filter(({ leaf }) => !refusedLeaves.includes(leaf));
    const refused = members.filter(({ leaf }) => refusedLeaves.includes(leaf));
    return {
      missing: devices.filter((one) => !trusted.some((member) => same(member, one))),
      refused: refused.map(({ user, device }) => ({ user, device })),
      refusedLeaves,
      outdated: own !== undefined && own.serial !== serialOf({ mls: this.#mls.identity }),
    };
  }

  /**
   * Takes a key package of each device. One whose credential is not that device's is left out: the relay
   * hands them out, but what they say is the CA's word.
   */
  async #takeKeyPackages(
    devices: DeviceRef[],
    connection: ClientConnection,
  ): Promise<Map<string, Uint8Array>> {
    const taken = new Map<string, Uint8Array>();
    if (devices.length === 0) return taken;
    let refusal: ParleyError | undefined;
    const { packages } = await connection.request("take-key-packages", { devices });
    for (const { device, keyPackage } of packages) {
      try {
        const holder = await readKeyPackage(this.#mls, keyPackage);
        if (!same(holder, device)) throw foreignKeyPackage(device);
        taken.set(formatDeviceRef(device), keyPackage);
      } catch (error) {
        if (!(error instanceof ParleyError) || error.kind === "internal") throw error;
        refusal ??= error;
      }
    }
    if (taken.size === 0 && refusal !== undefined) throw refusal;
    return taken;
  }

  #toPending(
    mailbox: string,
    base: GroupSnapshot,
    { commit, welcome, pending }: CreatedCommit,
    change: { add: DeviceRef[]; remove: DeviceRef[] },
  ): PendingCommitRow {
    const id = this.#random(ENTRY_ID_BYTES);
    const request = { mailbox, id, commit, welcome, ...change };
    return {
      id,
      epoch: base.epoch.number,
      request: encodeCbor(request as unknown as CborValue),
      state: encodePendingState(pending),
    };
  }

  /** Sends a stored commit; false where another one has won the epoch. */
  async #submit(mailbox: string, pending: PendingCommitRow, connection: ClientConnection): Promise<boolean> {
    const request = decodeCbor(pending.request) as OperationRequest<"commit">;
    try {
      const { seq } = await connection.request("commit", request);
      return await this.#accepted(mailbox, pending, seq);
    } catch (error) {
      if (!(error instanceof ParleyError) || error.kind !== "protocol") throw error;
      await this.#store.transaction(() => this.#forget(mailbox, pending));
      if (error.code !== "epoch-conflict") throw error;
      return false;
    }
  }

  /** True where nothing lies before the commit that is not worked in; else the log will tell. */
  #accepted(mailbox: string, pending: PendingCommitRow, seq: number): Promise<boolean> {
    return this.#store.transaction(() => {
      if (this.#store.mailboxes.get(mailbox).cursor !== seq - 1) return false;
      if (!this.#isStill(mailbox, pending)) return false;
      adoptPending(this.#store, mailbox);
      this.#store.mailboxes.advance(mailbox, seq);
      return true;
    });
  }

  #forget(mailbox: string, pending: PendingCommitRow): void {
    if (this.#isStill(mailbox, pending)) this.#store.pendingCommits.delete(mailbox);
  }

  #isStill(mailbox: string, { id }: PendingCommitRow): boolean {
    const now = this.#store.pendingCommits.get(mailbox);
    return now !== undefined && equalBytes(now.id, id);
  }

  #assertReachable(
    mailbox: string,
    devices: DeviceRef[],
    current: GroupSnapshot | undefined,
    added: DeviceRef[],
  ): void {
    const members = [...current?.members ?? [], ...added, this.#self];
    for (const user of directUsers(mailbox) ?? []) {
      if (members.some((one) => one.user === user)) continue;
      throw devices.some((one) => one.user === user)
        ? new ProtocolError("no-key-package", `no device of ${user} has published keys yet`, {
          hint: `${user} has to connect once, then try again`,
        })
        : new ProtocolError("unknown-user", `${user} has no enrolled device`, {
          hint: `check the name, or invite with 'parley ca invite ${user}'`,
        });
    }
  }

  #assertUsable(mailbox: string, attempt: number): void {
    const { state } = this.#store.mailboxes.get(mailbox);
    if (state === "broken") {
      throw new ProtocolError("conversation-broken", "the conversation cannot be continued on this device");
    }
    const lost = attempt > 2 && this.#store.groups.epochNumber(mailbox) === undefined &&
      this.#store.pendingCommits.get(mailbox) === undefined;
    if (!lost) return;
    throw new ProtocolError("conversation-lost", "the conversation exists, and this device is not in it", {
      hint: "another of its devices has to write first, which adds this one",
    });
  }
}

function same(a: DeviceRef, b: DeviceRef): boolean {
  return a.user === b.user && a.device === b.device;
}

function foreignKeyPackage(device: DeviceRef): AuthenticationError {
  return new AuthenticationError(
    "key-package-foreign",
    `the relay gave a key package for ${formatDeviceRef(device)} that belongs to another`,
  );
}
