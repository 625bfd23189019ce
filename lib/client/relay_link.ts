import { AuthenticationError, NetworkError, ParleyError } from "../errors/mod.ts";
import type { Clock } from "../pki/mod.ts";
import { type ClientConnection, dial } from "../transport/mod.ts";
import { type OperationRequest, PROTOCOL_VERSION } from "../wire/mod.ts";
import type { Identity } from "./identity.ts";
import { isPassing } from "./is_passing.ts";
import { identityRenewalDueAt, reloadCertificate, renewCertificate } from "./renewal.ts";

/** What a link needs besides the identity. */
export interface RelayLinkOptions {
  /** What the relay is told, such as `parley/0.1.0`. */
  agent: string;
  /** The time. */
  clock: Clock;
  /** Hears of a certificate that cannot be renewed. */
  onWarning: (error: ParleyError) => void;
}

/**
 * An identity's way to its relay: connects, checks and greets, and keeps the certificate and the CRL up to
 * date.
 */
export class RelayLink {
  readonly #identity: Identity;
  readonly #options: RelayLinkOptions;
  #connection: ClientConnection | undefined;
  #keyPackagesLeft = Infinity;

  /** Prepares a link; nothing is dialled. */
  constructor(identity: Identity, options: RelayLinkOptions) {
    this.#identity = identity;
    this.#options = options;
  }

  /** The connection that is open and greeted. */
  get connection(): ClientConnection | undefined {
    return this.#connection;
  }

  /** One-time key packages that the relay had left at the greeting. */
  get keyPackagesLeft(): number {
    return this.#keyPackagesLeft;
  }

  /**
   * The connection, which must be there.
   *
   * @throws {NetworkError} `not-connected`
   */
  require(): ClientConnection {
    if (this.#connection !== undefined) return this.#connection;
    throw new NetworkError("not-connected", "there is no connection to the relay");
  }

  /** Forgets the connection, to close it. */
  take(): ClientConnection | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    return connection;
  }

  /** Connects, with the certificate that this identity has by now. */
  async dial(signal: AbortSignal | undefined): Promise<ClientConnection> {
    await reloadCertificate(this.#identity);
    const { facts, tls, trust } = this.#identity;
    return await dial({
      host: facts.host,
      port: facts.port,
      identity: tls,
      checkServer: trust.checkServer(facts.host),
      signal,
    });
  }

  /**
   * Makes a further connection and greets the relay on it; the one that {@link RelayLink.connection} gives stays what
   * it is.
   *
   * @throws {AuthenticationError} `cert-expired`, where this device has to connect and renew first
   */
  async dialBeside(signal: AbortSignal | undefined): Promise<ClientConnection> {
    const connection = await this.dial(signal);
    try {
      const answer = await connection.request("hello", this.#hello(), { signal });
      if (answer.crl !== undefined) await this.takeCrl(connection, answer.crl);
      if (!answer.expired) return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
    await connection.close();
    throw new AuthenticationError("cert-expired", "this device's certificate has expired");
  }

  /**
   * Says hello; a newer CRL that comes with the answer holds for the relay's own certificate as well. Renews
   * this device's certificate where it is time.
   *
   * @returns false where the certificate had expired: nothing else can be asked on this connection
   */
  async greet(connection: ClientConnection): Promise<boolean> {
    const answer = await connection.request("hello", this.#hello());
    if (answer.crl !== undefined) await this.takeCrl(connection, answer.crl);
    if (answer.expired) {
      await renewCertificate(this.#identity, connection);
      await connection.close();
      return false;
    }
    await this.renewIfDue(connection);
    this.#keyPackagesLeft = answer.keyPackages ?? Infinity;
    this.#connection = connection;
    void connection.closed.then(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    return true;
  }

  /** Asks for a newer CRL. */
  async refreshCrl(connection: ClientConnection): Promise<void> {
    const { crlNumber } = this.#identity.trust;
    const hello = { version: PROTOCOL_VERSION, agent: this.#options.agent, crlNumber };
    const { crl } = await connection.request("hello", hello);
    if (crl !== undefined) await this.takeCrl(connection, crl);
  }

  /** Takes a newer CRL, and looks whether it concerns the relay itself. */
  async takeCrl(connection: ClientConnection, crl: Uint8Array): Promise<void> {
    const { trust, facts } = this.#identity;
    await trust.updateCrl(crl);
    await trust.checkServer(facts.host)([...connection.peerChain]);
  }

  /** When the certificate is to be renewed, in milliseconds from now; negative where that is past. */
  renewalDueInMs(): number {
    return identityRenewalDueAt(this.#identity).getTime() - this.#options.clock().getTime();
  }

  /** Says whether it did. A certificate that cannot be renewed now is good for a while yet. */
  async renewIfDue(connection: ClientConnection): Promise<boolean> {
    if (this.renewalDueInMs() > 0) return false;
    try {
      await renewCertificate(this.#identity, connection);
      return true;
    } catch (error) {
      if (!(error instanceof ParleyError) || isPassing(error)) throw error;
      this.#options.onWarning(error);
      return false;
    }
  }

  #hello(): OperationRequest<"hello"> {
    const { crlNumber } = this.#identity.trust;
    return { version: PROTOCOL_VERSION, agent: this.#options.agent, crlNumber };
  }

  /** Notes that key packages were published. */
  keyPackagesPublished(): void {
    this.#keyPackagesLeft = Infinity;
  }
}
