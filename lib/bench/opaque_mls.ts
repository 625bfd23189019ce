import { encodeUtf8, Writer } from "../bytes/mod.ts";

/** As RFC 9420 §6 and §17 number them. */
const MLS10 = 1, PRIVATE_MESSAGE = 2, WELCOME = 3, APPLICATION = 1, COMMIT = 3;

/**
 * What a relay sees of an MLS application message, all that it looks at: the header, and then bytes that it
 * cannot read. Its relays can be measured without encrypting anything.
 */
export function opaqueMessage(mailbox: string, epoch: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return opaquePrivateMessage(mailbox, epoch, APPLICATION, body);
}

/** What a relay sees of an MLS commit. */
export function opaqueCommit(mailbox: string, epoch: number): Uint8Array<ArrayBuffer> {
  return opaquePrivateMessage(mailbox, epoch, COMMIT, new Uint8Array(64));
}

/** What a relay sees of an MLS welcome. */
export function opaqueWelcome(): Uint8Array<ArrayBuffer> {
  return new Writer().u16(MLS10).u16(WELCOME).bytes(new Uint8Array(64)).finish();
}

function opaquePrivateMessage(mailbox: string, epoch: number, contentType: number, body: Uint8Array) {
  const groupId = encodeUtf8(mailbox);
  return new Writer(64 + groupId.length + body.length)
    .u16(MLS10)
    .u16(PRIVATE_MESSAGE)
    .varint(groupId.length)
    .bytes(groupId)
    .u64(BigInt(epoch))
    .u8(contentType)
    .bytes(body)
    .finish();
}
