import { createHash } from "node:crypto";
import {
  deviceMailbox,
  type DeviceRef,
  ENTRY_ID_BYTES,
  formatDeviceRef,
  readMlsHeader,
} from "../wire/mod.ts";
import type { LogRecord } from "./log_record.ts";
import { isCurrent, isReader, type MailboxState, type Membership } from "./mailbox_state.ts";

/** What follows from one entry of a mailbox's log. */
export interface Projection {
  /** The MLS epoch from here on; absent where the entry does not change it. */
  epoch?: number;
  /** Whether all who were members before are so no longer: the conversation was created (anew). */
  resets: boolean;
  /** Devices that may read nothing after this entry. */
  removed: DeviceRef[];
  /** Devices that read from `floor` on. */
  added: { device: DeviceRef; floor: number }[];
  /** The device that entered from outside; a member goes on reading from where it did. */
  entered?: DeviceRef;
  /** What is to be appended to other mailboxes, each once: a second time it has the same id. */
  deliveries: { mailbox: string; record: LogRecord }[];
}

/** Derives what follows from the entry `seq` of a mailbox. Depends on nothing else, so it can be replayed. */
export function projectEntry(mailbox: string, seq: number, record: LogRecord): Projection {
  if (record.kind !== "commit") return { resets: false, removed: [], added: [], deliveries: [] };
  const { epoch, external } = readMlsHeader(record.body);
  const creates = epoch === 0;
  const author = formatDeviceRef(record.from);
  const add = (record.change?.add ?? []).filter((device) => !creates || formatDeviceRef(device) !== author);
  const added = add.map((device) => ({ device, floor: seq + 1 }));
  // Its author reads the commit itself: that is how it learns that the relay took it.
  if (creates) added.unshift({ device: record.from, floor: seq });
  return {
    epoch: epoch + 1,
    resets: creates,
    removed: record.change?.remove ?? [],
    added,
    ...(external && { entered: record.from }),
    deliveries: deliverWelcome(mailbox, seq, record, add),
  };
}

function deliverWelcome(
  mailbox: string,
  seq: number,
  record: LogRecord,
  devices: DeviceRef[],
): Projection["deliveries"] {
  const body = record.change?.welcome;
  if (body === undefined) return [];
  const welcome: LogRecord = {
    kind: "welcome",
    id: deliveryId(mailbox, seq),
    from: record.from,
    time: record.time,
    body,
    conversation: { mailbox, seq },
  };
  return devices.map((device) => ({ mailbox: deviceMailbox(device), record: welcome }));
}

/** An id that the same entry always gives and no two entries share; the sender's own could collide. */
function deliveryId(mailbox: string, seq: number): Uint8Array<ArrayBuffer> {
  const digest = createHash("sha256").update(`${mailbox}\n${seq}`).digest();
  return new Uint8Array(digest.subarray(0, ENTRY_ID_BYTES));
}

/** The memberships that an entry changed, as `USER/DEVICE`; undefined for one that is over. */
export type MembershipChanges = Map<string, Membership | undefined>;

/** Brings a mailbox's state from before the entry `seq` to after it, and returns whose membership changed. */
export function applyProjection(state: MailboxState, seq: number, projection: Projection): MembershipChanges {
  const changes: MembershipChanges = new Map();
  if (projection.resets) {
    for (const device of state.members.keys()) changes.set(device, undefined);
  }
  for (const device of projection.removed.map(formatDeviceRef)) {
    const member = state.members.get(device);
    if (member === undefined) continue;
    const removed = { ...member, ceiling: seq };
    changes.set(device, isReader(removed) ? removed : undefined);
  }
  for (const { device, floor } of projection.added) {
    const name = formatDeviceRef(device);
    const former = projection.resets ? undefined : state.members.get(name);
    // Who was a member before goes on from where it was: what was said to it then may not be read yet.
    const begins = isReader(former) ? former : { floor, acked: floor - 1 };
    changes.set(name, { floor: begins.floor, acked: begins.acked, revoked: false });
  }
  const entered = projection.entered && formatDeviceRef(projection.entered);
  if (entered !== undefined && !isCurrent(state.members.get(entered))) {
    // It reads the commit itself: that is how it learns that the relay took it.
    changes.set(entered, { floor: seq, acked: seq - 1, revoked: false });
  }
  for (const [device, membership] of changes) {
    if (membership === undefined) state.members.delete(device);
    else state.members.set(device, membership);
  }
  state.epoch = projection.epoch ?? state.epoch;
  state.head = Math.max(state.head, seq);
  return changes;
}
