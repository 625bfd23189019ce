import type { MailboxStore } from "../store/mod.ts";
import { type DeviceRef, formatDeviceRef } from "../wire/mod.ts";

/**
 * When devices were connected last. Written down now and then: a connection that ends must not cost a wait for the
 * disk, and a crash may cost the last minute of this.
 */
export class Presence {
  readonly #store: Pick<MailboxStore, "noteSeen" | "lastSeen">;
  readonly #fresh = new Map<string, { device: DeviceRef; time: number }>();

  /** Keeps it in a store. */
  constructor(store: Pick<MailboxStore, "noteSeen" | "lastSeen">) {
    this.#store = store;
  }

  /** Notes that a device was connected until now, milliseconds since 1970. */
  note(device: DeviceRef, time: number): void {
    this.#fresh.set(formatDeviceRef(device), { device, time });
  }

  /** When a user's devices were connected last, by name. */
  async lastSeen(user: string): Promise<Map<string, number>> {
    const seen = await this.#store.lastSeen(user);
    for (const { device, time } of this.#fresh.values()) {
      if (device.user === user) seen.set(device.device, time);
    }
    return seen;
  }

  /** Writes down what is new, in one turn and so in one transaction. */
  async flush(): Promise<void> {
    const fresh = [...this.#fresh.values()];
    this.#fresh.clear();
    await Promise.all(fresh.map(({ device, time }) => this.#store.noteSeen(device, time)));
  }
}
