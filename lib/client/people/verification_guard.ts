import { AuthenticationError } from "../../errors/mod.ts";
import type { ClientStore } from "../../store/mod.ts";
import { directUsers } from "../../wire/mod.ts";
import { decodeMark, deviceFingerprint, type DeviceKey, keysNotIn, type Mark } from "./mark.ts";

/** As many new devices are named in an error. */
const MAX_NAMED = 5;

/**
 * Keeps what this device sends from devices that a verified user has got since: no message is sealed for a group
 * with such a member until the change is accepted.
 */
export class VerificationGuard {
  readonly #store: Pick<ClientStore, "groups" | "synced">;

  /** Guards the conversations of a store. */
  constructor(store: Pick<ClientStore, "groups" | "synced">) {
    this.#store = store;
  }

  /**
   * Checks the members of a conversation as they are now; inside the transaction that seals for them.
   *
   * @throws {AuthenticationError} `verification-changed`
   */
  check(mailbox: string): void {
    const marks = this.#marksIn(mailbox);
    if (marks.size === 0) return;
    const members = new Map<string, DeviceKey[]>();
    for (const { user, device, signatureKey: key } of this.#store.groups.members(mailbox)) {
      if (marks.has(user)) members.set(user, [...members.get(user) ?? [], { device, key }]);
    }
    for (const [user, mark] of marks) {
      const added = keysNotIn(mark, members.get(user) ?? []);
      if (added.length > 0) throw changed(user, mark, added);
    }
  }

  /** What was said of the users of a conversation; for two users without a look at everybody else's. */
  #marksIn(mailbox: string): Map<string, Mark> {
    const { synced } = this.#store;
    const rows = directUsers(mailbox)?.map((user) => synced.get("mark", user)) ?? synced.list("mark");
    const marks = rows.flatMap((row) =>
      row === undefined ? [] : [[row.name, decodeMark(row.value)] as const]
    );
    return new Map(marks.filter(([, { state }]) => state !== "none"));
  }
}

function changed(user: string, { state }: Mark, added: DeviceKey[]): AuthenticationError {
  const named = added.slice(0, MAX_NAMED).map(({ device, key }) => `${device} (${deviceFingerprint(key)})`);
  if (added.length > MAX_NAMED) named.push(`and ${added.length - MAX_NAMED} more`);
  return new AuthenticationError(
    "verification-changed",
    `${user} has new devices since they were ${state}: ${named.join(", ")}`,
    {
      hint:
        `compare again with 'parley verify ${user}', or accept them with 'parley verify ${user} --accept-change'`,
    },
  );
}
