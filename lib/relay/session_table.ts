import { mayRead, type Membership, type NewEntries } from "../store/mod.ts";
import { type DeviceRef, type Entry, formatDeviceRef, limits, type Push } from "../wire/mod.ts";
import type { Session } from "./session.ts";

/** The connections of enrolled devices; a device may have several. */
export class SessionTable {
  readonly #byDevice = new Map<string, Set<Session>>();

  /** Adds a session. */
  add(session: Session): void {
    const sessions = this.#byDevice.get(session.name);
    if (sessions === undefined) this.#byDevice.set(session.name, new Set([session]));
    else sessions.add(session);
  }

  /** Removes a session. */
  remove(session: Session): void {
    const sessions = this.#byDevice.get(session.name);
    if (sessions?.delete(session) && sessions.size === 0) this.#byDevice.delete(session.name);
  }

  /** How many connections a device has. */
  count(device: DeviceRef): number {
    return this.#byDevice.get(formatDeviceRef(device))?.size ?? 0;
  }

  /** How many devices have a connection. */
  get devices(): number {
    return this.#byDevice.size;
  }

  /** The connections of a device. */
  of(device: DeviceRef): Iterable<Session> {
    return this.#byDevice.get(formatDeviceRef(device)) ?? [];
  }

  /** All sessions. */
  *[Symbol.iterator](): Iterator<Session> {
    for (const sessions of this.#byDevice.values()) yield* sessions;
  }

  /** Pushes new entries of one mailbox to everyone who watches and may read them. */
  distribute(news: NewEntries): void {
    let all: Push[] | undefined;
    const { mailbox, first, last } = news;
    for (const [device, membership] of this.#readers(news.members)) {
      const sessions = this.#byDevice.get(device);
      if (sessions === undefined) continue;
      const pushes = mayRead(membership, first) && mayRead(membership, last)
        ? all ??= news.pushes ?? splitPushes(mailbox, news.entries)
        : splitPushes(mailbox, news.entries.filter(({ seq }) => mayRead(membership, seq)));
      for (const session of sessions) {
        if (session.watching) { for (const push of pushes) session.pushEntries(push); }
      }
    }
  }

  /** The members who are connected, found through whichever is the smaller group. */
  *#readers(members: ReadonlyMap<string, Membership>): Iterable<[string, Membership]> {
    if (members.size <= this.#byDevice.size) return yield* members;
    for (const device of this.#byDevice.keys()) {
      const membership = members.get(device);
      if (membership !== undefined) yield [device, membership];
    }
  }
}

/** Almost always one push; more where the entries of one turn are too many for one frame. */
function splitPushes(mailbox: string, entries: Entry[]): Push[] {
  const pushes: Extract<Push, { push: "entries" }>[] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const last = pushes.at(-1);
    bytes += entry.body.length;
    if (last !== undefined && bytes <= limits.maxSyncBytes && last.entries.length < limits.maxSyncEntries) {
      last.entries.push(entry);
    } else {
      pushes.push({ push: "entries", mailbox, entries: [entry] });
      bytes = entry.body.length;
    }
  }
  return pushes;
}
