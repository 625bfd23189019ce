/**
 * Asks for the newest GroupInfo of a conversation, by which a device of one of its users can enter it again from
 * outside. Where there is none of the present epoch, members who are connected are asked for one, and the answer
 * waits a while for it.
 */
export interface GetGroupInfo {
  /** The conversation. */
  request: { mailbox: string };
  /** A GroupInfo (RFC 9420 §12.4.3) as an MLSMessage; absent as long as no member is there to make one. */
  response: { groupInfo?: Uint8Array<ArrayBuffer> };
}

/** Leaves the GroupInfo of a conversation's present epoch with the relay, for a device that asked for it. */
export interface PutGroupInfo {
  /** The conversation, and the GroupInfo as an MLSMessage. */
  request: { mailbox: string; groupInfo: Uint8Array<ArrayBuffer> };
  /** Nothing. */
  response: Record<never, never>;
}

/** The requests by which devices enter conversations from outside, with the answers that they get. */
export interface GroupOperations {
  /** See {@link GetGroupInfo}. */
  "group-info": GetGroupInfo;
  /** See {@link PutGroupInfo}. */
  "put-group-info": PutGroupInfo;
}
