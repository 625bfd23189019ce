import { equalBytes } from "../bytes/mod.ts";
import { InternalError } from "../errors/mod.ts";
import type { RelayFolder } from "../store/mod.ts";
import { ReceiptSigner } from "./receipt_signer.ts";
import { obtainServerIdentity, type ServerIdentity, type ServerIdentityOptions } from "./server_identity.ts";

/** What decides which identity a relay shows. */
export interface RelayIdentityOptions extends Omit<ServerIdentityOptions, "crl"> {
  /** Gives the newest CRL, DER. */
  crl: () => Uint8Array;
}

/** How long after a renewal has begun it is tried again where it failed. */
const RETRY_MS = 60_000;

/** The identity that a relay shows now; knows when a new one is to take its place, and signs with its key. */
export class RelayIdentity {
  readonly #folder: RelayFolder;
  readonly #options: RelayIdentityOptions;
  #current: ServerIdentity | undefined;
  #signer: ReceiptSigner | undefined;
  #renewalDue = new Date(0);

  /** Keeps it in a relay's folder; there is none before {@link obtain}. */
  constructor(folder: RelayFolder, options: RelayIdentityOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** The identity. */
  get current(): ServerIdentity {
    return this.#current ?? tooEarly();
  }

  /** Signs with its key. */
  get signer(): ReceiptSigner {
    return this.#signer ?? tooEarly();
  }

  /** Whether it is time for {@link renew}. */
  get isRenewalDue(): boolean {
    return this.#options.clock() >= this.#renewalDue;
  }

  /**
   * Takes up the identity that is kept, or a new one.
   *
   * @throws {ParleyError} what {@link obtainServerIdentity} throws
   */
  async obtain(): Promise<ServerIdentity> {
    const identity = await obtainServerIdentity(this.#folder, { ...this.#options, crl: this.#options.crl() });
    this.#current = identity;
    this.#signer = new ReceiptSigner(identity.tls);
    this.#renewalDue = identity.renewalDue;
    return identity;
  }

  /**
   * Takes up a new identity where the present one has too little of its life before it or was revoked; undefined where
   * it stays.
   *
   * @throws {ParleyError} what {@link obtainServerIdentity} throws
   */
  async renew(): Promise<ServerIdentity | undefined> {
    const before = this.current.certificateHash;
    // Where it fails, not at every tick again.
    this.#renewalDue = new Date(this.#options.clock().getTime() + RETRY_MS);
    const identity = await this.obtain();
    return equalBytes(identity.certificateHash, before) ? undefined : identity;
  }
}

function tooEarly(): never {
  throw new InternalError("obtain() comes first");
}
