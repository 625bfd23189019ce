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
import type { ScenarioSettings } from "./scenario.ts";

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
  /** Bytes of the commit that added them. */
  readonly commitBytes: number;
  /** How long the commit that added them took, in milliseconds. */
  readonly addMs: number;
  /** The same, with the group before it. */
  readonly createMs: number;
  /** How long the member took to join, in milliseconds. */
  readonly joinMs: number;
}

const MAILBOX = "group:00112233445566778899aabbccddeeff";
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

/** The sizes of groups that are measured. */
export const GROUP_SIZES: readonly number[] = [2, 10, 100, 1_000];
/** A group that would take longer than so many times the duration to make is left out. */
const SETUP_FACTOR = 20;

/** Whether there is time for a group of that size, where a smaller one took so many milliseconds for each member. */
export function isWorthMaking(
  size: number,
  perMemberMs: number,
  { durationMs }: Pick<ScenarioSettings, "durationMs">,
): boolean {
  return perMemberMs * size <= durationMs * SETUP_FACTOR;
}

/**
 * Makes a group of `size` members, all but the author added by one commit; `groupDataOf` makes what the group agrees on
 * out of its users.
 */
export async function stageGroup(
  size: number,
  suite: SupportedSuite,
  signal: AbortSignal,
  groupDataOf: (users: string[]) => Uint8Array | undefined = () => undefined,
): Promise<StagedGroup> {
  const author = await stageMember("author", suite), second = await stageMember("member0", suite);
  const own = await stageKeyPackage(second);
  const add = [own.message];
  for (let i = 1; i < size - 1; i++) {
    signal.throwIfAborted();
    add.push((await stageKeyPackage(await stageMember(`member${i}`, suite))).message);
  }
  const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
  const users = ["author", ...add.map((_, i) => `member${i}`)];
  const before = performance.now();
  const created = await createGroup(author, MAILBOX, validity, groupDataOf(users));
  const began = performance.now();
  const { commit, welcome = new Uint8Array(), pending } = await createCommit(author, created, { add });
  const added = performance.now();
  const joined = await joinGroup(second, welcome, own.message, own.privateKeys);
  return {
    suite,
    author: { context: author, group: pending },
    member: { context: second, group: joined },
    welcomeBytes: welcome.length,
    commitBytes: commit.length,
    addMs: added - began,
    createMs: added - before,
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
