import { decodeVarLenData, varLenDataEncoder } from "ts-mls/codec/variableLength.js";
import { mapDecoders } from "ts-mls/codec/tlsDecoder.js";
import { contramapBufferEncoders, encode } from "ts-mls/codec/tlsEncoder.js";
import { decodeGroupContext, type GroupContext, groupContextEncoder } from "ts-mls/groupContext.js";
import { decodeKeySchedule, type KeySchedule, keyScheduleEncoder } from "ts-mls/keySchedule.js";
import { decodePrivateKeyPath, type PrivateKeyPath, privateKeyPathEncoder } from "ts-mls/privateKeyPath.js";
import { decodeUtf8 } from "../bytes/mod.ts";
import { StorageError } from "../errors/mod.ts";
import { readGroupData } from "./group_data.ts";

/** The parts of a member's state that stay as they are for the whole of an epoch. */
export interface GroupEpochParts {
  /** RFC 9420 §8.1. */
  groupContext: GroupContext;
  /** RFC 9420 §8. */
  keySchedule: KeySchedule;
  /** The private keys of the leaf and its direct path. */
  privatePath: PrivateKeyPath;
  /** RFC 9420 §8.1. */
  confirmationTag: Uint8Array;
}

const encoder = contramapBufferEncoders(
  [groupContextEncoder, keyScheduleEncoder, privateKeyPathEncoder, varLenDataEncoder],
  (parts: GroupEpochParts) =>
    [parts.groupContext, parts.keySchedule, parts.privatePath, parts.confirmationTag] as const,
);
const decodeParts = mapDecoders(
  [decodeGroupContext, decodeKeySchedule, decodePrivateKeyPath, decodeVarLenData],
  (groupContext, keySchedule, privatePath, confirmationTag): GroupEpochParts => ({
    groupContext,
    keySchedule,
    privatePath,
    confirmationTag,
  }),
);

/**
 * A member's secrets of one epoch, without the ratchet tree (public and large) and without the message
 * ratchets (one per sender, rewritten by every message). It does not change during the epoch, so it is
 * written once per epoch and may be kept decoded.
 */
export class GroupEpoch {
  /** @ignore For this room only. */
  readonly parts: GroupEpochParts;
  /** The group id as text: the name of the conversation's mailbox. */
  readonly groupId: string;
  /** The number of the epoch. */
  readonly number: number;
  /** This member's leaf index. */
  readonly ownLeaf: number;
  /** What the application and all members agree on; undefined where the group was made without. */
  readonly groupData: Uint8Array | undefined;

  /** Wraps parts that ts-mls made. */
  constructor(parts: GroupEpochParts) {
    this.parts = parts;
    this.groupId = decodeUtf8(parts.groupContext.groupId);
    this.number = Number(parts.groupContext.epoch);
    this.ownLeaf = parts.privatePath.leafIndex;
    this.groupData = readGroupData(parts.groupContext.extensions);
  }

  /** Encodes the secrets for the caller to encrypt and keep. */
  encode(): Uint8Array {
    return encode(encoder)(this.parts);
  }

  /**
   * Decodes what {@link GroupEpoch.encode} made.
   *
   * @throws {StorageError} `group-state-damaged`
   */
  static decode(bytes: Uint8Array): GroupEpoch {
    const parts = decodeParts(bytes, 0)?.[0];
    if (parts === undefined) {
      throw new StorageError("group-state-damaged", "the stored state of a conversation cannot be read");
    }
    return new GroupEpoch(parts);
  }

  /** Shows what is not secret. */
  [Symbol.for("Deno.customInspect")](): string {
    return `GroupEpoch(${this.groupId}, epoch ${this.number})`;
  }

  /** The same for `node:util`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `GroupEpoch(${this.groupId}, epoch ${this.number})`;
  }

  /** Keeps the secrets out of JSON. */
  toJSON(): Record<string, unknown> {
    return { groupId: this.groupId, epoch: this.number };
  }
}
