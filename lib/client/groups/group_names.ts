import { encodeUtf8 } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import type { ClientStore } from "../../store/mod.ts";
import { type DeviceRef, isMailbox } from "../../wire/mod.ts";
import type { ControlMessage, Controls } from "../controls.ts";
import { readRoster } from "../group_state.ts";
import type { GroupChange } from "./group_change.ts";
import { noteGroupChanges } from "./note_group_changes.ts";
import type { Roster } from "./roster.ts";

const PROFILE = "group-profile";
const MAX_NAME_BYTES = 100;

/** What group names work with. */
export interface GroupNamesOptions {
  /** Keeps them. */
  store: ClientStore;
  /** Carries them. */
  controls: Controls;
  /** Which device this is. */
  self: DeviceRef;
}

/**
 * What groups are called. The relay does not know it: admins tell it the members in control messages, again
 * whenever devices come that cannot know it.
 */
export class GroupNames {
  readonly #store: ClientStore;
  readonly #controls: Controls;
  readonly #self: DeviceRef;

  /** Listens to what admins say. */
  constructor({ store, controls, self }: GroupNamesOptions) {
    this.#store = store;
    this.#controls = controls;
    this.#self = self;
    controls.on(PROFILE, (message) => this.#take(message));
  }

  /** What a group is called; undefined where that is not known (yet), and for conversations of two. */
  of(mailbox: string): string | undefined {
    return this.#store.groupProfiles.name(mailbox);
  }

  /**
   * Finds a group by its name, or by its id with or without `group:`.
   *
   * @throws {UsageError} `group-unknown`, `group-ambiguous`
   */
  resolve(name: string): string {
    const id = name.startsWith("group:") ? name : `group:${name}`;
    if (isMailbox(id)) return id;
    const found = [...this.#store.groupProfiles.names()].filter(([mailbox, one]) =>
      one === name && this.#isThere(mailbox)
    );
    const [first, ...others] = found.map(([mailbox]) => mailbox);
    if (first === undefined) {
      throw new UsageError("group-unknown", `there is no group ${JSON.stringify(name)}`, {
        hint: "parley group list shows the groups of this device",
      });
    }
    if (others.length === 0) return first;
    throw new UsageError("group-ambiguous", `several groups are called ${JSON.stringify(name)}`, {
      hint: `name one by its id: ${[first, ...others].join(", ")}`,
    });
  }

  /** Names a group here; inside a transaction. */
  set(mailbox: string, name: string): void {
    this.#store.groupProfiles.setName(mailbox, name);
  }

  /** Tells the members what a group is called; inside a transaction. */
  announce(mailbox: string): void {
    const name = this.of(mailbox);
    if (name !== undefined) this.#controls.enqueue(mailbox, PROFILE, { name });
  }

  /**
   * Tells those who have come into a group, if that falls to this device: to the author of the commit where they
   * are an admin, else to the admins' device of the lowest leaf. Twice does no harm. Inside a transaction.
   */
  greet(mailbox: string, author: DeviceRef, { admins }: Pick<Roster, "admins">): void {
    const first = this.#store.groups.members(mailbox).find(({ user }) => admins.includes(user));
    const greeter = admins.includes(author.user) && this.#isSelf(author) ? author : first;
    if (greeter !== undefined && this.#isSelf(greeter)) this.announce(mailbox);
  }

  #isThere(mailbox: string): boolean {
    return this.#store.groups.epochNumber(mailbox) !== undefined ||
      this.#store.mailboxes.get(mailbox).state !== "left";
  }

  #isSelf({ user, device }: DeviceRef): boolean {
    return user === this.#self.user && device === this.#self.device;
  }

  #take({ mailbox, from, seq, time, body }: ControlMessage): void {
    const name = (body as { name?: unknown } | null)?.name;
    if (!isGroupName(name) || !readRoster(this.#store, mailbox)?.admins.includes(from.user)) return;
    const before = this.of(mailbox);
    this.set(mailbox, name);
    if (before === undefined || before === name) return;
    const change: GroupChange = { change: "renamed", users: [], you: false, name };
    noteGroupChanges(this.#store, mailbox, [change], { seq, time, author: from, self: this.#self });
  }
}

/**
 * Checks a name for a group.
 *
 * @throws {UsageError} `group-name-malformed`
 */
export function parseGroupName(name: string): string {
  if (isGroupName(name)) return name;
  throw new UsageError("group-name-malformed", `not a name for a group: ${JSON.stringify(name)}`, {
    hint: `at most ${MAX_NAME_BYTES} bytes, without control characters and spaces at its ends`,
  });
}

function isGroupName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name === name.trim() && !/\p{C}/u.test(name) &&
    encodeUtf8(name).length <= MAX_NAME_BYTES && !isMailbox(name) && !isMailbox(`group:${name}`);
}
