import { encodeHex } from "../../bytes/mod.ts";
import { ProtocolError, UsageError } from "../../errors/mod.ts";
import { parseName } from "../../pki/mod.ts";
import type { MailboxRowState } from "../../store/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { Relaying, Wish } from "../conversation_types.ts";
import { readRoster } from "../group_state.ts";
import { type GroupNames, parseGroupName } from "./group_names.ts";
import { addUsers, removeUsers, type Roster } from "./roster.ts";

/** A group as this device knows it. */
export interface GroupSummary {
  /** What it is called; its id where no admin has said yet. */
  group: string;
  /** Its id: `group:` and 32 hexadecimal digits. */
  id: string;
  /** What can be done in it. */
  state: MailboxRowState;
  /** The MLS epoch; absent where this device is not in it. */
  epoch?: number;
  /** Its users and their devices, in the order in which they came; empty where this device is not in it. */
  members: GroupMember[];
}

/** A user of a group. */
export interface GroupMember {
  /** The user. */
  user: string;
  /** Whether they may change who is in it. */
  admin: boolean;
  /** Their devices that are in it. */
  devices: string[];
}

/** Conversations of many. */
export class Groups {
  readonly #core: ClientCore;
  readonly #names: GroupNames;

  /** Works for one device. */
  constructor(core: ClientCore, names: GroupNames) {
    this.#core = core;
    this.#names = names;
  }

  /** What a conversation is called, where it is a group and an admin has said. */
  nameOf(mailbox: string): string | undefined {
    return this.#names.of(mailbox);
  }

  /**
   * Finds a group by its name, or by its id with or without `group:`.
   *
   * @throws {UsageError} `group-unknown`, `group-ambiguous`
   */
  resolve(name: string): string {
    return this.#names.resolve(name);
  }

  /** The groups that this device is in, by name. */
  list(): GroupSummary[] {
    const { groups, mailboxes } = this.#core.store;
    const mailboxNames = new Set([
      ...groups.conversations(),
      ...(["lost", "broken", "refused", "duplicated"] as const).flatMap((state) => mailboxes.inState(state)),
    ]);
    const found = [...mailboxNames].filter((mailbox) => mailbox.startsWith("group:"));
    return found.map((mailbox) => this.show(mailbox)).sort((a, b) => a.group < b.group ? -1 : 1);
  }

  /** One group, by name or id. */
  show(name: string): GroupSummary {
    const { groups, mailboxes } = this.#core.store;
    const id = this.resolve(name);
    const summary = { group: this.nameOf(id) ?? id, id, state: mailboxes.get(id).state };
    const epoch = groups.epochNumber(id);
    const roster = readRoster(this.#core.store, id);
    if (epoch === undefined || roster === undefined) return { ...summary, members: [] };
    const devices = Map.groupBy(groups.members(id), ({ user }) => user);
    const members = roster.users.map((user) => ({
      user,
      admin: roster.admins.includes(user),
      devices: (devices.get(user) ?? []).map(({ device }) => device).sort(),
    }));
    return { ...summary, epoch, members };
  }

  /**
   * Makes a group of this user and others, all of whose devices are added.
   *
   * @throws {UsageError} `group-name-malformed`, `name-malformed`
   * @throws {ProtocolError} `unknown-user`, `no-key-package`
   */
  async create(name: string, users: string[]): Promise<GroupSummary> {
    const { self, store, random } = this.#core;
    parseGroupName(name);
    const mailbox = `group:${encodeHex(random(16))}`;
    const founder = { users: [self.user], admins: [self.user], leaving: [] };
    const roster = addUsers(founder, users.map((user) => parseName(user, "user")));
    await store.transaction(() => this.#names.set(mailbox, name));
    try {
      await this.#change(mailbox, { create: roster });
    } catch (error) {
      const isMade = store.groups.epochNumber(mailbox) !== undefined || store.pendingCommits.get(mailbox);
      if (!isMade) await store.transaction(() => store.groupProfiles.delete(mailbox));
      throw error;
    }
    return this.show(mailbox);
  }

  /** Adds users with all their devices; admins only. See {@link Groups.create} for the errors. */
  async add(group: string, users: string[]): Promise<GroupSummary> {
    const names = users.map((user) => parseName(user, "user"));
    return await this.#changeRoster(group, (roster) => addUsers(roster, names));
  }

  /**
   * Removes users with all their devices; admins only. They can read nothing that comes later.
   *
   * @throws {ProtocolError} `user-not-in-group`
   * @throws {UsageError} `cannot-remove-self`
   */
  async remove(group: string, users: string[]): Promise<GroupSummary> {
    const { self, store } = this.#core;
    if (users.includes(self.user)) {
      throw new UsageError("cannot-remove-self", "whoever wants to be out of a group leaves it", {
        hint: `parley group leave ${group}`,
      });
    }
    const present = readRoster(store, this.resolve(group))?.users ?? [];
    const strange = users.find((user) => !present.includes(user));
    if (strange !== undefined) throw notInGroup(strange);
    return await this.#changeRoster(group, (roster) => removeUsers(roster, users));
  }

  /** Makes users admins, or no admins any more; admins only, and one stays. See {@link Groups.remove}. */
  async setAdmins(group: string, users: string[], admin: boolean): Promise<GroupSummary> {
    return await this.#changeRoster(group, (roster) => {
      const strange = users.find((user) => !roster.users.includes(user));
      if (strange !== undefined) throw notInGroup(strange);
      const others = roster.admins.filter((user) => !users.includes(user));
      const admins = admin ? [...others, ...users] : others;
      if (admins.length > 0) return { ...roster, admins };
      throw new ProtocolError("admin-required", "a group has one admin at least", {
        hint: `make somebody else one first: parley group promote ${group} USER`,
      });
    });
  }

  /** Gives a group another name, which all members hear; admins only. */
  async rename(group: string, name: string): Promise<GroupSummary> {
    const { store, self, link, serially, deliverNow } = this.#core;
    parseGroupName(name);
    const mailbox = this.resolve(group);
    if (!readRoster(store, mailbox)?.admins.includes(self.user)) {
      throw notAdmin(this.nameOf(mailbox) ?? mailbox);
    }
    await store.transaction(() => {
      this.#names.set(mailbox, name);
      this.#names.announce(mailbox);
    });
    await serially(() => deliverNow(mailbox, link.require()));
    return this.show(mailbox);
  }

  /**
   * Leaves a group with all devices of this user: says so, and forgets its keys. Any other member who is connected
   * takes them out. Where the last admin leaves, the one who has been there longest becomes one.
   */
  async leave(group: string): Promise<GroupSummary> {
    const { store, self, serially, link, conversations, deliverNow } = this.#core;
    const mailbox = this.resolve(group);
    if (readRoster(store, mailbox) === undefined) {
      throw new ProtocolError("not-a-member", "this device is not in the group");
    }
    await serially(async () => {
      const connection = link.require();
      await deliverNow(mailbox, connection);
      try {
        const change = (now: Roster) => markLeaving(now, self.user);
        await conversations.ready(mailbox, this.#relaying(connection), { change });
      } catch (error) {
        // That is what it is when the wish is fulfilled, or when an admin was quicker.
        if (store.mailboxes.get(mailbox).state !== "left") throw error;
      }
    });
    return this.show(mailbox);
  }

  /** Makes new keys for this device in a conversation although they are not due. */
  async refresh(mailbox: string): Promise<void> {
    await this.#change(mailbox, { refresh: true });
  }

  /**
   * Enters a conversation again from outside: where another copy of this device has taken its place, or where it was
   * changed by somebody who must not and is to be accepted as it is now.
   *
   * @throws {ProtocolError} `rejoin-waiting` and why it cannot be entered
   */
  async rejoin(mailbox: string): Promise<void> {
    const { conversations, serially, link, deliverNow, changed } = this.#core;
    await serially(async () => {
      const connection = link.require();
      await conversations.rejoin(mailbox, this.#relaying(connection));
      await deliverNow(mailbox, connection);
      changed();
    });
  }

  async #changeRoster(group: string, change: (roster: Roster) => Roster): Promise<GroupSummary> {
    const { store, self } = this.#core;
    const mailbox = this.resolve(group);
    await this.#change(mailbox, {
      change: (roster) => {
        if (roster.admins.includes(self.user)) return change(roster);
        throw notAdmin(store.groupProfiles.name(mailbox) ?? mailbox);
      },
    });
    return this.show(mailbox);
  }

  #change(mailbox: string, wish: Wish): Promise<void> {
    const { conversations, serially, link, deliverNow, synchronizer } = this.#core;
    return serially(async () => {
      const connection = link.require();
      await synchronizer.catchUp(connection);
      await conversations.ready(mailbox, this.#relaying(connection), wish);
      await deliverNow(mailbox, connection);
    });
  }

  #relaying(connection: ClientConnection): Relaying {
    return { connection, catchUp: () => this.#core.synchronizer.catchUp(connection) };
  }
}

function markLeaving(roster: Roster, user: string): Roster {
  return roster.leaving.includes(user) ? roster : { ...roster, leaving: [...roster.leaving, user] };
}

function notAdmin(group: string): ProtocolError {
  return new ProtocolError("not-admin", `only its admins change ${group}`, {
    hint: `parley group show ${group} tells who they are`,
  });
}

function notInGroup(user: string): ProtocolError {
  return new ProtocolError("user-not-in-group", `${user} is not in the group`);
}
