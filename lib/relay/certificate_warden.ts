import { type Clock, RENEWAL_GRACE_MS } from "../pki/mod.ts";
import type { MailboxStore } from "../store/mod.ts";
import { type AuthorityWatch, CLOCK_SKEW_MS, type KeyedDevice } from "./authority_watch.ts";
import { certificateExpired, certificateRevoked } from "./certificate_error.ts";
import type { RelayCounters } from "./relay_counters.ts";
import type { RelayLog } from "./relay_log.ts";
import type { SessionTable } from "./session_table.ts";

/** What a warden works with. */
export interface CertificateWardenOptions {
  /** What the authority says. */
  watch: AuthorityWatch;
  /** Where devices are dropped. */
  store: Pick<MailboxStore, "dropDevice">;
  /** Who is connected. */
  sessions: SessionTable;
  /** Counts the connections that it closes because of revocations. */
  counters: RelayCounters;
  /** The present time. */
  clock: Clock;
  /** Where it writes whom it turns out. */
  log: RelayLog;
  /** Gets what failed where nobody waits for it. */
  onFailure: (error: unknown) => void;
}

/**
 * Sees to it that a certificate that was revoked or has ended is good for nothing any more: closes its connections,
 * drops the device from the store, and gives everybody the CRL that says so.
 */
export class CertificateWarden {
  readonly #options: CertificateWardenOptions;
  /** Revoked devices that are still to be dropped from the store. */
  readonly #toDrop = new Set<KeyedDevice>();
  #settling: Promise<void> | undefined;

  /** Creates a warden that has done nothing yet; call {@link refresh} and {@link settle}. */
  constructor(options: CertificateWardenOptions) {
    this.#options = options;
  }

  /**
   * Looks at the authority's log, and closes the connections whose certificates it revokes; cheap if nothing is new.
   *
   * @throws {StorageError} where the log cannot be read
   */
  refresh(): void {
    const { watch, sessions, counters, log } = this.#options;
    for (const dropped of watch.refresh()) this.#toDrop.add(dropped);
    for (const session of sessions) {
      if (!watch.isRevoked(session.peer.serial)) continue;
      log.info("revoked: {device}", { device: session.name, serial: session.peer.serial });
      counters.revoked++;
      sessions.remove(session);
      void session.close(certificateRevoked());
    }
  }

  /** Closes connections that have ended: one lasts for as long as its key has a certificate, which may be a newer one. */
  closeExpired(): void {
    const { watch, sessions, clock } = this.#options;
    const now = clock().getTime();
    for (const session of sessions) {
      const { expired, notAfter } = session.peer;
      const until = expired
        ? notAfter.getTime() + RENEWAL_GRACE_MS
        : Math.max(notAfter.getTime(), watch.keyValidUntil(session.peer)) + CLOCK_SKEW_MS;
      if (until < now) void session.close(certificateExpired());
    }
  }

  /**
   * Drops what revoked devices have in the store, and makes and pushes the CRL where it is not the newest; what fails
   * is tried again the next time.
   *
   * @throws {ParleyError} where the store cannot write or the authority cannot sign
   */
  settle(): Promise<void> {
    return this.#settling ??= this.#settle().finally(() => this.#settling = undefined);
  }

  /**
   * Works in everything that was revoked until now; {@link settle} may join what has begun before that.
   *
   * @throws {ParleyError} what {@link refresh} and {@link settle} throw
   */
  async settleAnew(): Promise<void> {
    this.refresh();
    await this.#settling;
    await this.settle();
  }

  /** The CRL for whoever says hello: what was revoked a moment ago is in it, though the next tick is to come. */
  async freshCrl(): Promise<{ der: Uint8Array<ArrayBuffer>; number: number }> {
    const { watch, onFailure } = this.#options;
    try {
      await this.#settling;
      if (!watch.isCrlCurrent) await this.settle();
    } catch (error) {
      onFailure(error);
    }
    return watch.crl;
  }

  async #settle(): Promise<void> {
    const { watch, store, sessions } = this.#options;
    for (const dropped of this.#toDrop) {
      await store.dropDevice(dropped.device, dropped.key);
      this.#toDrop.delete(dropped);
    }
    if (!await watch.refreshCrl()) return;
    for (const session of sessions) session.pushCrl();
  }
}
