import type { RandomSource } from "../crypto/mod.ts";
import type { MlsContext } from "../mls/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import type { GroupNames } from "./groups/group_names.ts";
import type { Roster } from "./groups/roster.ts";

/** What conversations work with. */
export interface ConversationsOptions {
  /** Keeps them. */
  store: ClientStore;
  /** This device's place in MLS. */
  mls: MlsContext;
  /** Which device this is. */
  self: DeviceRef;
  /** Randomness. */
  random: RandomSource;
  /** The time. */
  clock: Clock;
  /** What groups are called. */
  names: Pick<GroupNames, "greet">;
  /** Hears, inside the transaction, of a conversation that was entered again. */
  onRejoined: (mailbox: string) => void;
}

/** The way to the relay and what is there. */
export interface Relaying {
  /** The relay. */
  connection: ClientConnection;
  /** Works in what the relay has and this device has not. */
  catchUp: () => Promise<void>;
}

/** Devices of users, as the relay lists them. */
export interface ListedDevices {
  /** The users. */
  users: string[];
  /** Their devices. */
  devices: DeviceRef[];
}

/** What is wanted of a conversation besides that it is in order. */
export interface Wish {
  /** The only devices that are added where they are missing. */
  devices?: DeviceRef[];
  /** The users' devices, where they were asked for already. */
  listed?: ListedDevices;
  /** The roster that is wanted in place of the present one; called again for each epoch that others win. */
  change?: (roster: Roster) => Roster;
  /** Makes the group, with this roster, where there is none yet. */
  create?: Roster;
  /** Makes new keys for this device although they are not due. */
  refresh?: boolean;
  /** Whether something is about to be sent. */
  sending?: boolean;
}
