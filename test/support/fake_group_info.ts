import { encodeUtf8, Writer } from "../../lib/bytes/mod.ts";

const MLS10 = 1, PUBLIC_MESSAGE = 1, GROUP_INFO = 4, XWING_SUITE = 0xf007, NEW_MEMBER_COMMIT = 4, COMMIT = 3;

/** What a relay sees of an MLS GroupInfo. */
export function fakeGroupInfo(mailbox: string, epoch: number, body = "x"): Uint8Array<ArrayBuffer> {
  const groupId = encodeUtf8(mailbox);
  return new Writer().u16(MLS10).u16(GROUP_INFO).u16(MLS10).u16(XWING_SUITE)
    .varint(groupId.length).bytes(groupId).u64(BigInt(epoch)).bytes(encodeUtf8(body)).finish();
}

/** What a relay sees of the commit of a device that enters from outside. */
export function fakeExternalCommit(mailbox: string, epoch: number): Uint8Array<ArrayBuffer> {
  const groupId = encodeUtf8(mailbox);
  return new Writer().u16(MLS10).u16(PUBLIC_MESSAGE).varint(groupId.length).bytes(groupId).u64(BigInt(epoch))
    .u8(NEW_MEMBER_COMMIT).varint(0).u8(COMMIT).bytes(encodeUtf8("path")).finish();
}
