import { decodeUtf8, encodeHex, encodeUtf8 } from "../bytes/mod.ts";
import {
  exportEd25519PrivateKey,
  exportEd25519PublicKey,
  generateEd25519KeyPair,
  systemRandom,
} from "../crypto/mod.ts";
import {
  createCommit,
  createGroup,
  type CredentialHolder,
  type GeneratedKeyPackage,
  generateKeyPackage,
  type GroupSnapshot,
  joinGroup,
  type MlsContext,
  openMessage,
  openMlsContext,
  ratchetOf,
  sealMessage,
  type SupportedSuite,
} from "../mls/mod.ts";

/** A member and what it knows of the group. */
export interface StagedMember {
  /** Its keys. */
  readonly context: MlsContext;
  /** Its state. */
  readonly group: GroupSnapshot;
}

/** A group in this process; the states of its first two members are there. */
export interface StagedGroup {
  /** Its cipher suite. */
  readonly suite: SupportedSuite;
  /** Who made the group. */
  readonly author: StagedMember;
  /** Who was added with all others. */
  readonly member: StagedMember;
  /** Bytes of the welcome that all of them got. */
  readonly welcomeBytes: number;
  /** How long the commit that added them took, in milliseconds. */
  readonly addMs: number;
  /** How long the member took to join, in milliseconds. */
  readonly joinMs: number;
}

const HOUR_MS = 3_600_000;
/** About as long as the DER of a device's certificate. */
const CERTIFICATE_BYTES = 500;

/**
 * A device that may be a member. In place of a certificate it has a text with its name and key of the usual
 * length, which everybody believes: what is measured is MLS, and chains are checked elsewhere.
 */
export async function stageMember(name: string, suiteName: SupportedSuite): Promise<MlsContext> {
  const keys = await generateEd25519KeyPair();
  const signaturePublicKey = await exportEd25519PublicKey(keys.publicKey);
  const text = `${name} ${encodeHex(signaturePublicKey)} `.padEnd(CERTIFICATE_BYTES, ".");
  const believe = ([leaf]: Uint8Array[]): Promise<CredentialHolder> => {
    const [user = "", key = ""] = decodeUtf8(leaf ?? new Uint8Array()).split(" ");
    return Promise.resolve({ user, device: "d", serial: "1", publicKey: Uint8Array.fromHex(key) });
  };
  return openMlsContext({
    random: systemRandom,
    suiteName,
    identity: {
      certificates: [encodeUtf8(text)],
      signaturePublicKey,
      signaturePrivateKey: await exportEd25519PrivateKey(keys.privateKey),
    },
    checkCredential: believe,
    readCredential: believe,
  });
}

/** Makes a key package that is valid now. */
export function stageKeyPackage(context: MlsContext): Promise<GeneratedKeyPackage> {
  return generateKeyPackage(context, {
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
  });
}

/** Makes a group of `size` members, all but the author added by one commit. */
export async function stageGroup(
  size: number,
  suite: SupportedSuite,
  signal: AbortSignal,
): Promise<StagedGroup> {
  const author = await stageMember("author", suite), second = await stageMember("member0", suite);
  const own = await stageKeyPackage(second);
  const add = [own.message];
  for (let i = 1; i < size - 1; i++) {
    signal.throwIfAborted();
    add.push((await stageKeyPackage(await stageMember(`member${i}`, suite))).message);
  }
  const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
  const created = await createGroup(author, "group:bench", validity);
  const began = performance.now();
  const { welcome = new Uint8Array(), pending } = await createCommit(author, created, { add });
  const added = performance.now();
  const joined = await joinGroup(second, welcome, own.message, own.privateKeys);
  return {
    suite,
    author: { context: author, group: pending },
    member: { context: second, group: joined },
    welcomeBytes: welcome.length,
    addMs: added - began,
    joinMs: performance.now() - added,
  };
}

/** Seals a message and keeps the ratchet after it. */
export async function seal({ context, group }: StagedMember, plaintext: Uint8Array): Promise<Uint8Array> {
  const { epoch, ratchets } = group;
  const sealed = await sealMessage(
    context,
    epoch,
    ratchetOf(group, epoch.ownLeaf),
    plaintext,
    new Uint8Array(16),
  );
  ratchets.set(epoch.ownLeaf, sealed.ratchet);
  return sealed.message;
}

/** Opens a message and keeps the sender's ratchet after it. */
export async function open({ context, group }: StagedMember, message: Uint8Array): Promise<void> {
  const lookup = (leaf: number) => {
    const sender = group.members.find((one) => one.leaf === leaf);
    return sender && { signatureKey: sender.signatureKey, ratchet: ratchetOf(group, leaf) };
  };
  const { leaf, ratchet } = await openMessage(context, group.epoch, lookup, message);
  group.ratchets.set(leaf, ratchet);
}
