import type { RandomSource } from "../crypto/mod.ts";
import type { ParleyError } from "../errors/mod.ts";
import type { MlsContext } from "../mls/mod.ts";
import type { Clock } from "../pki/mod.ts";
import type { ClientStore } from "../store/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import type { Controls } from "./controls.ts";
import type { Conversations } from "./conversations.ts";
import type { Identity } from "./identity.ts";
import type { RelayLink } from "./relay_link.ts";
import type { Synchronizer } from "./synchronizer.ts";

/** What the capabilities of a client share. */
export interface ClientCore {
  /** Which device this is. */
  readonly self: DeviceRef;
  /** Its keys, and what it trusts. */
  readonly identity: Identity;
  /** Everything that it keeps. */
  readonly store: ClientStore;
  /** Its place in MLS. */
  readonly mls: MlsContext;
  /** The time. */
  readonly clock: Clock;
  /** Randomness. */
  readonly random: RandomSource;
  /** The way to the relay. */
  readonly link: RelayLink;
  /** Brings the store level with the relay. */
  readonly synchronizer: Synchronizer;
  /** Keeps the groups of conversations in order. */
  readonly conversations: Conversations;
  /** Messages from client to client that no person sees. */
  readonly controls: Controls;
  /** Tells of what is wrong and does not stop anything. */
  warn(error: ParleyError): void;
  /** Runs one task at a time: what is asked of the relay depends on what was worked in before. Not reentrant. */
  serially<T>(task: () => Promise<T>): Promise<T>;
  /** Brings a conversation in order and sends what waits in it; within {@link ClientCore.serially} only. */
  deliverNow(mailbox: string, connection: ClientConnection): Promise<void>;
  /** Tells listeners that the history may have changed. */
  changed(): void;
}
