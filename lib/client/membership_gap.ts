import { checkMembers, type GroupSnapshot, type Member, type MlsContext } from "../mls/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import { isSameDevice } from "./group_state.ts";

/** What has to change so that a group's members are the devices that belong into its conversation. */
export interface MembershipGap {
  /** Devices that are missing. */
  missing: DeviceRef[];
  /** Members who do not belong there (any more), or are not to be trusted. */
  surplus: Member[];
}

/** Compares a group with the devices that belong into it; `devices` are those of the users. */
export async function findGap(
  mls: MlsContext,
  { tree, members, epoch }: GroupSnapshot,
  { users, devices }: { users: readonly string[]; devices: readonly DeviceRef[] },
): Promise<MembershipGap> {
  const untrusted = new Set(await checkMembers(mls, tree));
  const wanted = new Set(users);
  // A member cannot remove itself; its own certificate it renews.
  const surplus = members.filter(({ leaf, user }) =>
    leaf !== epoch.ownLeaf && (untrusted.has(leaf) || !wanted.has(user))
  );
  const left = members.filter((one) => !surplus.includes(one));
  const missing = devices.filter((one) =>
    wanted.has(one.user) && !left.some((member) => isSameDevice(member, one))
  );
  return { missing, surplus };
}
