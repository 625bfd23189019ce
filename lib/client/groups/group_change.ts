import { type CborValue, decodeCbor, encodeCbor } from "../../bytes/mod.ts";
import { removeUsers, type Roster } from "./roster.ts";

/** What has become of a group. */
export interface GroupChange {
  /**
   * `added`, `removed`, `promoted` (made admins) and `demoted` say what was done to `users`; `left` that they left by
   * themselves; `renamed` that the group is called `name`; `gone` that this device is not in it any more, for a reason
   * that it has not learnt.
   */
  change: "added" | "removed" | "left" | "promoted" | "demoted" | "renamed" | "gone";
  /** Whom it concerns. */
  users: string[];
  /** Whether that is the user of this device. */
  you: boolean;
  /** What it is called from now on. */
  name?: string;
}

/** Tells what was done to a roster; what concerns this user comes apart from what concerns others. */
export function compareRosters(before: Roster, after: Roster, self: string): GroupChange[] {
  const without = (users: string[], known: string[]) => users.filter((user) => !known.includes(user));
  const gone = without(before.users, after.users);
  const { admins } = removeUsers(before, gone);
  const changes: [GroupChange["change"], string[]][] = [
    ["left", without(after.leaving, before.leaving)],
    // Of who has said that they leave it was told when they did.
    ["removed", without(gone, before.leaving)],
    ["added", without(after.users, before.users)],
    ["promoted", without(after.admins, admins)],
    ["demoted", without(admins, after.admins)],
  ];
  return changes.flatMap(([change, users]) => [
    ...(users.includes(self) ? [{ change, users: [self], you: true }] : []),
    ...(users.some((user) => user !== self) ? [{ change, users: without(users, [self]), you: false }] : []),
  ]);
}

/** Encodes a change for the history, in CBOR. */
export function encodeGroupChange(change: GroupChange): Uint8Array {
  return encodeCbor({ ...change } as unknown as CborValue);
}

/** Decodes what {@link encodeGroupChange} gave. */
export function decodeGroupChange(bytes: Uint8Array): GroupChange {
  return decodeCbor(bytes) as unknown as GroupChange;
}
