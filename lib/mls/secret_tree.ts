import type { CiphersuiteImpl } from "ts-mls";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import { secretTreeNodeEncoder } from "ts-mls/secretTree.js";
import {
  isAncestor,
  isLeaf,
  leafToNodeIndex,
  left,
  type NodeIndex,
  nodeWidth,
  right,
  root,
  toLeafIndex,
  toNodeIndex,
} from "ts-mls/treemath.js";
import { encodeUtf8, equalBytes, Reader, Writer } from "../bytes/mod.ts";
import type { Kdf } from "../crypto/mod.ts";
import { InternalError, ProtocolError } from "../errors/mod.ts";

/**
 * The secret tree (RFC 9420 §9) of an epoch, as far as nobody has sent anything yet: secrets of subtrees from
 * which the message ratchets of the leaves below them can still be derived. What a ratchet was derived from is
 * not in it any more (§9.2), so each leaf can be taken once.
 *
 * ```text
 * uint32 leaves | uint32 count | count * (uint32 node | secret<V>)
 * ```
 */
export class SecretTree {
  readonly #leaves: number;
  readonly #secrets: Map<number, Uint8Array>;

  private constructor(leaves: number, secrets: Map<number, Uint8Array>) {
    this.#leaves = leaves;
    this.#secrets = secrets;
  }

  /** The tree of a new epoch, from its encryption secret. `leaves` is a power of two. */
  static plant(leaves: number, encryptionSecret: Uint8Array): SecretTree {
    return new SecretTree(leaves, new Map([[root(leaves), encryptionSecret]]));
  }

  /** Decodes what {@link SecretTree.encode} made. */
  static decode(bytes: Uint8Array): SecretTree {
    const reader = new Reader(bytes);
    const leaves = reader.u32("leaves");
    const secrets = new Map<number, Uint8Array>();
    for (let count = reader.u32("secrets"); count > 0; count--) {
      const node = reader.u32("node");
      secrets.set(node, reader.bytes(reader.varint("secret"), "secret"));
    }
    reader.end("secret tree");
    return new SecretTree(leaves, secrets);
  }

  /** Encodes the secrets for the caller to encrypt and keep. */
  encode(): Uint8Array {
    const writer = new Writer(1024).u32(this.#leaves).u32(this.#secrets.size);
    for (const [node, secret] of this.#secrets) writer.u32(node).varint(secret.length).bytes(secret);
    return writer.finish();
  }

  /**
   * Derives the two message ratchets of a leaf, encoded. Whatever else is needed of the tree stays in it; it has
   * to be stored with the ratchets.
   *
   * @throws {ProtocolError} `mls-invalid` where there is no such leaf, or it was taken before
   */
  take(leaf: number, kdf: Kdf): Uint8Array {
    const target = leafToNodeIndex(toLeafIndex(leaf));
    let node = this.#findAbove(target);
    for (let secret = this.#pull(node);;) {
      if (isLeaf(node)) return encodeRatchets(secret, kdf);
      const [l, r] = [left(node), right(node)];
      this.#secrets.set(l, expandWithLabel(kdf, secret, "tree", encodeUtf8("left")));
      this.#secrets.set(r, expandWithLabel(kdf, secret, "tree", encodeUtf8("right")));
      node = target < node ? l : r;
      secret = this.#pull(node);
    }
  }

  #findAbove(target: NodeIndex): NodeIndex {
    const width = nodeWidth(this.#leaves);
    for (const key of target < width ? this.#secrets.keys() : []) {
      const node = toNodeIndex(key);
      if (node === target || isAncestor(target, node, width)) return node;
    }
    throw new ProtocolError("mls-invalid", "the MLS message comes from a leaf that is not in the group");
  }

  #pull(node: NodeIndex): Uint8Array {
    const secret = this.#secrets.get(node);
    if (secret === undefined) throw new InternalError("a node of the secret tree is missing");
    this.#secrets.delete(node);
    return secret;
  }
}

function encodeRatchets(leafSecret: Uint8Array, kdf: Kdf): Uint8Array {
  const start = (label: string) => ({
    secret: expandWithLabel(kdf, leafSecret, label, new Uint8Array()),
    generation: 0,
    unusedGenerations: {},
  });
  return encode(secretTreeNodeEncoder)({ handshake: start("handshake"), application: start("application") });
}

/** ExpandWithLabel (RFC 9420 §8) to the length of the KDF's output. */
function expandWithLabel(kdf: Kdf, secret: Uint8Array, label: string, context: Uint8Array): Uint8Array {
  const full = encodeUtf8(`MLS 1.0 ${label}`);
  const info = new Writer(64).u16(kdf.Nh).varint(full.length).bytes(full)
    .varint(context.length).bytes(context).finish();
  return kdf.expand(secret, info, kdf.Nh);
}

const TREE_LABELS = ["tree", "handshake", "application"].map((label) => encodeUtf8(`MLS 1.0 ${label}`));
const NOTHING = new Uint8Array();

/**
 * Runs an operation of ts-mls that enters a new epoch, and keeps it from deriving the whole secret tree: six HKDFs
 * a leaf, nearly all for members who send nothing. What it lays out in its place is empty; the encryption secret
 * that it begins with is caught on the way.
 */
export async function withoutSecretTree<T>(
  suite: CiphersuiteImpl,
  operation: (suite: CiphersuiteImpl) => Promise<T>,
): Promise<{ result: T; encryptionSecret: Uint8Array | undefined }> {
  let encryptionSecret: Uint8Array | undefined;
  const expand: CiphersuiteImpl["kdf"]["expand"] = (prk, info, length) => {
    if (!isTreeLabel(info)) return suite.kdf.expand(prk, info, length);
    // ts-mls wipes its own afterwards.
    encryptionSecret ??= prk.slice();
    return Promise.resolve(NOTHING);
  };
  const result = await operation({ ...suite, kdf: { ...suite.kdf, expand } });
  return { result, encryptionSecret };
}

/** Whether a KDFLabel (RFC 9420 §8) is one that only the secret tree has. */
function isTreeLabel(info: Uint8Array): boolean {
  const length = info[2] ?? 0;
  return TREE_LABELS.some((label) =>
    label.length === length && equalBytes(info.subarray(3, 3 + length), label)
  );
}
