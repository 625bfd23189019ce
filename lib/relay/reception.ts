import { type ParleyError, ProtocolError } from "../errors/mod.ts";
import type { RelayConnection, VerifiedPeer } from "../transport/mod.ts";
import { certificateRevoked } from "./certificate_error.ts";
import type { Presence } from "./presence.ts";
import type { RelayIdentity } from "./relay_identity.ts";
import type { RelayLimits } from "./relay_limits.ts";
import type { RelayLog } from "./relay_log.ts";
import { createRequestHandler, type RequestContext } from "./request_handler.ts";
import { type DevicePeer, Session } from "./session.ts";

/** What a reception works with. */
export interface ReceptionOptions {
  /** What requests are answered from. */
  context: RequestContext;
  /** What connections are shown. */
  identity: Pick<RelayIdentity, "current">;
  /** Takes note of who leaves. */
  presence: Presence;
  /** Bounds. */
  limits: Pick<RelayLimits, "maxConnectionsPerDevice">;
  /** Where it writes who comes and goes. */
  log: RelayLog;
}

/** Receives connections, those of enrolled devices and those that only enrol, and sees them off when they are over. */
export class Reception {
  readonly #options: ReceptionOptions;

  /** Opens a reception. */
  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** Has a connection's requests answered from now on, or closes it where its device may not have it. */
  receive(connection: RelayConnection): void {
    const { context, identity, log } = this.#options;
    context.counters.connections++;
    const { remoteAddress: address } = connection;
    const applicant = { address, serverCertificateHash: identity.current.certificateHash };
    const session = this.#createSession(connection);
    connection.handle(createRequestHandler(context, session, applicant));
    const who = { device: session?.name ?? "nobody", address };
    log.info("connected: {device} from {address}", who);
    void connection.closed.then((reason) => {
      if (session !== undefined) this.#leave(session);
      context.enrollment.abandon(applicant);
      log.info("disconnected: {device} from {address}", { ...who, code: reason?.code });
    });
    const refusal = session && this.#refusal(session);
    if (refusal !== undefined) void connection.close(refusal);
    else if (session !== undefined) context.sessions.add(session);
  }

  #leave(session: Session): void {
    const { context, presence } = this.#options;
    context.sessions.remove(session);
    context.groupInfos.leave(session);
    presence.note(session.device, context.clock().getTime());
  }

  #createSession(connection: RelayConnection): Session | undefined {
    const { peer } = connection;
    const { watch } = this.#options.context;
    return isDevice(peer) ? new Session(connection, peer, () => watch.crl.der) : undefined;
  }

  #refusal({ device, peer }: Session): ParleyError | undefined {
    const { context: { watch, sessions }, limits } = this.#options;
    // It may have been revoked after its certificate was checked.
    if (watch.isRevoked(peer.serial)) return certificateRevoked();
    if (sessions.count(device) < limits.maxConnectionsPerDevice) return undefined;
    return new ProtocolError("too-many-connections", "this device has too many connections");
  }
}

function isDevice(peer: VerifiedPeer | undefined): peer is DevicePeer {
  return peer !== undefined && "key" in peer;
}
