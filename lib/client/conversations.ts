import { ParleyError, ProtocolError } from "../errors/mod.ts";
import { createCommit, createGroup, type GroupSnapshot } from "../mls/mod.ts";
import type { PendingCommitRow } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import { type DeviceRef, directUsers, formatDeviceRef } from "../wire/mod.ts";
import { Commits } from "./commits.ts";
import type { ConversationsOptions, ListedDevices, Relaying, Wish } from "./conversation_types.ts";
import { giveWay } from "./give_way.ts";
import { readRoster, toRoster, toSnapshot } from "./group_state.ts";
import { assertMayChange, encodeRoster, isSameRoster, removeUsers, type Roster } from "./groups/roster.ts";
import { keyPackageValidity } from "./key_packages.ts";
import { findGap, type MembershipGap } from "./membership_gap.ts";
import { isRefreshDue } from "./refresh_policy.ts";
import { Rejoiner } from "./rejoiner.ts";
import { serialOf } from "./renewal.ts";
import { takeKeyPackages } from "./take_key_packages.ts";

/** Others may win the epoch as often as they like; but something has to happen between two attempts. */
const MAX_IDLE_ATTEMPTS = 5;
/** In larger groups it is looked after the members every now and then, and not before each message. */
const SMALL_GROUP = 32;
const INSPECTION_INTERVAL_MS = 10 * 60_000;

/**
 * Keeps the groups of conversations as they should be: every device of the conversation's users is a member,
 * nobody whose certificate was revoked or has expired, this device under its present certificate and with fresh
 * keys. A device that has lost its place enters again from outside.
 */
export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #commits: Commits;
  readonly #rejoiner: Rejoiner;

  /** Works on a store as one device. */
  constructor(options: ConversationsOptions) {
    this.#options = options;
    this.#commits = new Commits(options);
    this.#rejoiner = new Rejoiner(options, this.#commits);
  }

  /**
   * Brings a conversation in order and fulfils a wish. What the relay has must be worked in before.
   *
   * @throws {ProtocolError} `unknown-user`, `no-key-package`, `not-a-member`, `conversation-refused`,
   * `rejoin-waiting`
   * @throws {AuthenticationError} `roster-forbidden`, `device-duplicated`
   */
  async ready(mailbox: string, relaying: Relaying, wish: Wish = {}): Promise<void> {
    const { store } = this.#options;
    const refreshed = store.groups.keyAge(mailbox)?.refreshed;
    for (let idle = 0, losses = 0; idle < MAX_IDLE_ATTEMPTS;) {
      await this.#rejoiner.restore(mailbox, relaying, wish);
      const epoch = store.groups.epochNumber(mailbox);
      const open = {
        ...wish,
        refresh: wish.refresh && store.groups.keyAge(mailbox)?.refreshed === refreshed,
      };
      const pending = store.pendingCommits.get(mailbox) ?? await this.#prepare(mailbox, relaying, open);
      if (pending === undefined) return;
      if (pending === "overtaken") continue;
      const isOurs = await this.#commits.submit(mailbox, pending, relaying.connection);
      // By that commit this user has left.
      if (isOurs && store.mailboxes.get(mailbox).state === "left") return;
      if (isOurs) continue;
      await giveWay(losses++, this.#options.random);
      await relaying.catchUp();
      idle = store.groups.epochNumber(mailbox) === epoch ? idle + 1 : 0;
      if (epoch === undefined && idle > 0) await this.#rejoiner.noteLost(mailbox);
    }
    throw new ProtocolError("conversation-busy", "the conversation cannot be brought in order", {
      hint: "try again later",
    });
  }

  /**
   * Asks for the devices of a conversation's users ahead of {@link Conversations.ready}, where that will want to know
   * them: it can be done while what the relay has is worked in.
   */
  async list(mailbox: string, connection: ClientConnection): Promise<ListedDevices | undefined> {
    const users = readRoster(this.#options.store, mailbox)?.users ?? directUsers(mailbox);
    if (users === undefined || !this.#isDue(mailbox, {})) return undefined;
    return { users, devices: await listDevices(connection, [...new Set(users)]) };
  }

  /** Enters a conversation again from outside, whatever state it is in. */
  rejoin(mailbox: string, relaying: Relaying): Promise<void> {
    return this.#rejoiner.rejoin(mailbox, relaying, "asked for");
  }

  /** Leaves the GroupInfo of a conversation with the relay, for a device that has asked for it. */
  putGroupInfo(mailbox: string, connection: ClientConnection): Promise<void> {
    return this.#rejoiner.putGroupInfo(mailbox, connection);
  }

  /** Makes and stores the commit that is needed; undefined where none is. */
  async #prepare(
    mailbox: string,
    relaying: Relaying,
    wish: Wish,
  ): Promise<PendingCommitRow | "overtaken" | undefined> {
    const { store, mls, self } = this.#options;
    if (!this.#isDue(mailbox, wish)) return undefined;
    const rows = store.groups.group(mailbox);
    const current = rows && toSnapshot(rows);
    const before = current === undefined ? undefined : toRoster(mailbox, current.epoch.groupData);
    const present = before ?? wish.create ?? toRoster(mailbox, undefined);
    const settled = settle(present, self.user);
    // Who leaves and is added again has forgotten their keys: they go before anything else changes.
    const roster = isSameRoster(settled, present) ? wish.change?.(present) ?? present : settled;
    assertMayChange(before ?? roster, roster, self.user);
    const devices = wish.devices ?? listedFor(roster, wish.listed) ??
      await listDevices(relaying.connection, roster.users);
    const gap = await this.#findGap(current, roster, devices);
    const { packages, more } = await takeKeyPackages(mls, gap.missing, relaying.connection);
    const add = gap.missing.filter((device) => packages.has(formatDeviceRef(device)));
    const isDirect = directUsers(mailbox) !== undefined;
    const needed = roster.users.filter((user) => isDirect || !before?.users.includes(user));
    assertReachable(needed, devices, [...current?.members ?? [], ...add, self]);
    const isChanged = before !== undefined && !isSameRoster(before, roster);
    const isNeeded = current === undefined || isChanged || add.length + gap.surplus.length > 0 ||
      wish.refresh || this.#isOutdated(mailbox) || this.#isRefreshDue(mailbox, wish);
    if (!isNeeded) {
      await store.transaction(() => this.#noteInspection(mailbox));
      return undefined;
    }
    // What only adds to a large group needs no path, which would be encrypted for each member that has sent nothing.
    const refreshes = current === undefined || add.length === 0 || current.members.length <= SMALL_GROUP ||
      isChanged || gap.surplus.length > 0;
    return await store.transaction(async () => {
      // Another process of this identity may have been quicker.
      const known = store.pendingCommits.get(mailbox);
      if (known !== undefined) return known;
      if (store.groups.epochNumber(mailbox) !== current?.epoch.number) return "overtaken";
      const base = await this.#base(mailbox, roster);
      const created = await createCommit(mls, base, {
        add: add.map((device) => packages.get(formatDeviceRef(device))!),
        remove: gap.surplus.map(({ leaf }) => leaf),
        ...(isChanged && { groupData: encodeRoster(roster) }),
        refresh: refreshes,
      });
      if (current !== undefined) store.groups.setRatchet(mailbox, base.epoch.ownLeaf, created.ratchet);
      if (!more) this.#noteInspection(mailbox);
      if (add.length > 0) this.#options.names.greet(mailbox, self, roster);
      const remove = gap.surplus.map(({ user, device }) => ({ user, device }));
      const change = { add, remove, refreshes, epoch: base.epoch.number };
      return await this.#commits.put(mailbox, { ...created, ...change });
    });
  }

  /** Read again: another process may have sealed messages since, and the commit moves the same ratchet row. */
  async #base(mailbox: string, roster: Roster): Promise<GroupSnapshot> {
    const { store, mls } = this.#options;
    const rows = store.groups.group(mailbox);
    if (rows === undefined) {
      const groupData = directUsers(mailbox) === undefined ? encodeRoster(roster) : undefined;
      return await createGroup(mls, mailbox, keyPackageValidity(new Date()), groupData);
    }
    return toSnapshot(rows);
  }

  /** A look that needs neither the tree nor the relay. */
  #isDue(mailbox: string, wish: Wish): boolean {
    const { store, clock } = this.#options;
    const roster = readRoster(store, mailbox);
    if (roster === undefined || wish.devices || wish.change || wish.refresh) return true;
    if (roster.leaving.length > 0 || this.#isOutdated(mailbox) || this.#isRefreshDue(mailbox, wish)) {
      return true;
    }
    if (store.groups.countMembers(mailbox) <= SMALL_GROUP) return true;
    return clock().getTime() - store.groups.inspectedAt(mailbox) >= INSPECTION_INTERVAL_MS;
  }

  #noteInspection(mailbox: string): void {
    const { store, clock } = this.#options;
    if (store.groups.countMembers(mailbox) <= SMALL_GROUP) return;
    store.groups.setInspected(mailbox, clock().getTime());
  }

  /** Whether the others know this device by a certificate that was renewed since. */
  #isOutdated(mailbox: string): boolean {
    const { store, self, mls } = this.#options;
    const own = store.groups.seatOf(mailbox, self);
    return own !== undefined && own.serial !== serialOf({ mls: mls.identity });
  }

  #isRefreshDue(mailbox: string, { sending = false }: Wish): boolean {
    const { store, clock } = this.#options;
    const age = store.groups.keyAge(mailbox);
    const members = store.groups.countMembers(mailbox);
    return age !== undefined && members > 1 &&
      isRefreshDue(age, { members, now: clock().getTime(), sending });
  }

  #findGap(
    current: GroupSnapshot | undefined,
    { users }: Roster,
    devices: DeviceRef[],
  ): Promise<MembershipGap> | MembershipGap {
    if (current !== undefined) return findGap(this.#options.mls, current, { users, devices });
    const own = formatDeviceRef(this.#options.self);
    return { missing: devices.filter((one) => formatDeviceRef(one) !== own), surplus: [] };
  }
}

/** Who leaves is taken out by everybody else. */
function settle(roster: Roster, self: string): Roster {
  return removeUsers(roster, roster.leaving.filter((user) => user !== self));
}

function listedFor({ users }: Roster, listed: ListedDevices | undefined): DeviceRef[] | undefined {
  return listed !== undefined && users.every((user) => listed.users.includes(user))
    ? listed.devices
    : undefined;
}

async function listDevices(connection: ClientConnection, users: string[]): Promise<DeviceRef[]> {
  const { devices } = await connection.request("devices", { users });
  return devices.map(({ user, device }) => ({ user, device }));
}

function assertReachable(users: string[], devices: DeviceRef[], members: DeviceRef[]): void {
  for (const user of users) {
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

/** Whether a conversation has to wait while others go on. */
export function isConversationsOwn(error: unknown): error is ParleyError {
  return error instanceof ParleyError && ["protocol", "authentication"].includes(error.kind);
}
