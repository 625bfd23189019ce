import { Reader, Writer } from "../bytes/mod.ts";
import { decodeUtf8, encodeUtf8 } from "../bytes/mod.ts";
import { GroupEpoch } from "./group_epoch.ts";
import type { GroupSnapshot, Member } from "./group_snapshot.ts";

/**
 * Encodes a snapshot in which nobody has sent anything as one byte string: for a commit whose fate is not known yet.
 *
 * ```text
 * epoch<V> | tree<V> | secrets<V> | uint32 count | count * (uint32 leaf | user<V> | device<V> | serial<V> | key<V>)
 * ```
 *
 * `<V>` is a byte string after its variable-size length (RFC 9420 §2.1.2).
 */
export function encodePendingState(state: GroupSnapshot): Uint8Array {
  const writer = new Writer(4096);
  const put = (bytes: Uint8Array): Writer => writer.varint(bytes.length).bytes(bytes);
  put(state.epoch.encode());
  put(state.tree);
  put(state.secrets);
  writer.u32(state.members.length);
  for (const { leaf, user, device, serial, signatureKey } of state.members) {
    writer.u32(leaf);
    put(encodeUtf8(user));
    put(encodeUtf8(device));
    put(encodeUtf8(serial));
    put(signatureKey);
  }
  return writer.finish();
}

/**
 * Decodes what {@link encodePendingState} made.
 *
 * @throws {DecodeError} where the bytes are damaged
 */
export function decodePendingState(bytes: Uint8Array): GroupSnapshot {
  const reader = new Reader(bytes);
  const take = (field: string): Uint8Array => reader.bytes(reader.varint(field), field);
  const epoch = GroupEpoch.decode(take("epoch"));
  const tree = take("tree");
  const secrets = take("secrets");
  const members: Member[] = [];
  for (let count = reader.u32("members"); count > 0; count--) {
    const leaf = reader.u32("leaf");
    const user = decodeUtf8(take("user"));
    const device = decodeUtf8(take("device"));
    const serial = decodeUtf8(take("serial"));
    members.push({ leaf, user, device, serial, signatureKey: take("key") });
  }
  reader.end("pending state");
  return { epoch, tree, secrets, ratchets: new Map(), members };
}
