import type { ParleyError } from "../errors/mod.ts";
import type { RelayConnection, VerifiedPeer } from "../transport/mod.ts";
import { type DeviceRef, formatDeviceRef, type Push } from "../wire/mod.ts";

/** An enrolled device, by the certificate that it showed. */
export interface DevicePeer extends VerifiedPeer {
  /** Which device it is. */
  device: DeviceRef;
  /** The fingerprint of its public key. */
  key: string;
  /** Whether the certificate has expired so lately that it may still be renewed; nothing else may be asked. */
  expired: boolean;
}

/** One connection of an enrolled device, and what it is to be told unasked. */
export class Session {
  /** Whose it is, by its certificate. */
  readonly device: DeviceRef;
  /** The same as `USER/DEVICE`. */
  readonly name: string;
  /** What its certificate says. */
  readonly peer: DevicePeer;
  /** Whether it asked for pushes of entries. */
  watching = false;
  readonly #connection: RelayConnection;
  readonly #currentCrl: () => Uint8Array<ArrayBuffer>;
  /** What could not be pushed because the client reads too slowly. */
  #owesLagged = false;
  #owesCrl = false;
  #owesDevices = false;
  #waiting = false;

  /** Takes over the pushes of a connection. */
  constructor(
    connection: RelayConnection,
    peer: DevicePeer,
    currentCrl: () => Uint8Array<ArrayBuffer>,
  ) {
    this.#connection = connection;
    this.#currentCrl = currentCrl;
    this.peer = peer;
    this.device = peer.device;
    this.name = formatDeviceRef(peer.device);
  }

  /**
   * Pushes entries. From the first push that does not go out on nothing is pushed until the client has read
   * what is on its way, and then it is told that something is missing.
   */
  pushEntries(push: Push): void {
    if (this.#owesLagged) return;
    this.#owesLagged = !this.#connection.push(push);
    if (this.#owesLagged) this.#settleWhenDrained();
  }

  /** Pushes what can be asked for again; says whether it goes out. */
  push(push: Extract<Push, { push: "group-info" }>): boolean {
    return this.#connection.push(push);
  }

  /** Pushes the newest CRL, later if it cannot be now. */
  pushCrl(): void {
    this.#owesCrl = true;
    this.settle();
    if (this.#owesCrl) this.#settleWhenDrained();
  }

  /** Says that a device of this user's is new, later if it cannot be now. */
  pushDevicesChanged(): void {
    this.#owesDevices = true;
    this.settle();
    if (this.#owesDevices) this.#settleWhenDrained();
  }

  /** Pushes what is owed, as far as the connection takes it. */
  settle(): void {
    if (this.#owesCrl) this.#owesCrl = !this.#connection.push({ push: "crl", crl: this.#currentCrl() });
    if (this.#owesDevices) this.#owesDevices = !this.#connection.push({ push: "devices-changed" });
    if (this.#owesLagged) this.#owesLagged = !this.#connection.push({ push: "lagged" });
  }

  /** Resolves when the connection takes more, and when it is over. */
  drained(): Promise<void> {
    return this.#connection.drained();
  }

  /** Ends the connection and says why. */
  close(reason: ParleyError): Promise<void> {
    return this.#connection.close(reason);
  }

  #settleWhenDrained(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    // Where answers have filled the connection again by then, the relay's next tick settles it.
    void this.#connection.drained().then(() => {
      this.#waiting = false;
      this.settle();
    });
  }
}
