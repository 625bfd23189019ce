import { decodeUtf8, encodeUtf8 } from "../../lib/bytes/mod.ts";
import {
  createCommit,
  createGroup,
  generateKeyPackage,
  type GroupSnapshot,
  joinGroup,
  type MlsContext,
  openMessage,
  ratchetOf,
  sealMessage,
} from "../../lib/mls/mod.ts";

/** Key packages made for tests hold now. */
export const validity = {
  notBefore: new Date(Date.now() - 3_600_000),
  notAfter: new Date(Date.now() + 86_400_000),
};

/** A group of the given members, the first of whom made it, with what they agree on. */
export async function makeMlsGroup(
  groupId: string,
  contexts: MlsContext[],
  groupData?: Uint8Array,
): Promise<GroupSnapshot[]> {
  const [first, ...others] = contexts;
  const created = await createGroup(first!, groupId, validity, groupData);
  const packages = await Promise.all(others.map((context) => generateKeyPackage(context, validity)));
  const { welcome, pending } = await createCommit(first!, created, {
    add: packages.map((one) => one.message),
    refresh: true,
  });
  const joined = await Promise.all(
    others.map((context, i) => joinGroup(context, welcome!, packages[i]!.message, packages[i]!.privateKeys)),
  );
  return [pending, ...joined];
}

/** Seals a text and keeps the ratchet after it. */
export async function sealText(
  context: MlsContext,
  group: GroupSnapshot,
  text: string,
): Promise<Uint8Array> {
  const { epoch, ratchets } = group;
  const ratchet = ratchetOf(group, epoch.ownLeaf);
  const sealed = await sealMessage(context, epoch, ratchet, encodeUtf8(text), encodeUtf8("id"));
  ratchets.set(epoch.ownLeaf, sealed.ratchet);
  return sealed.message;
}

/** Opens a text and keeps the sender's ratchet after it. */
export async function openText(
  context: MlsContext,
  group: GroupSnapshot,
  message: Uint8Array,
): Promise<string> {
  const opened = await openMessage(context, group.epoch, (leaf) => {
    const found = group.members.find((one) => one.leaf === leaf);
    return found && { signatureKey: found.signatureKey, ratchet: ratchetOf(group, leaf) };
  }, message);
  group.ratchets.set(opened.leaf, opened.ratchet);
  return decodeUtf8(opened.plaintext);
}
