import assert from "node:assert/strict";
import type { RatchetTree } from "ts-mls/ratchetTree.js";
import { decodeRatchetTree } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { validateRatchetTree } from "ts-mls/clientState.js";
import { withClientConfig } from "../../lib/mls/context.ts";
import {
  createCommit,
  generateKeyPackage,
  type GroupSnapshot,
  joinGroup,
  type MlsContext,
  processCommit,
} from "../../lib/mls/mod.ts";
import { rootFromNodeWidth } from "ts-mls/treemath.js";
import { hashSubtrees } from "../../lib/mls/tree_hashes.ts";
import { validateTree } from "../../lib/mls/validate_tree.ts";
import { makeMlsGroup, validity } from "../support/mls_group.ts";
import { mlsMember } from "../support/mls_member.ts";

const groupId = "group:00112233445566778899aabbccddeeff";

/** Whether a tree is accepted under the hash that it has. */
async function isAccepted(
  context: MlsContext,
  { epoch }: GroupSnapshot,
  tree: RatchetTree,
): Promise<boolean> {
  const { suite } = context;
  const treeHash = (await hashSubtrees(tree, suite.hash))[rootFromNodeWidth(tree.length)]!;
  const groupContext = { ...epoch.parts.groupContext, treeHash };
  try {
    await withClientConfig(context, (config) => validateTree(tree, groupContext, config, suite));
    return true;
  } catch (error) {
    assert.match((error as { code: string }).code, /^mls-(invalid|verification-failed)$/);
    return false;
  }
}

/** The same by ts-mls, which hangs on some trees. */
async function isAcceptedByLibrary(
  context: MlsContext,
  { epoch }: GroupSnapshot,
  tree: RatchetTree,
): Promise<boolean> {
  const { suite } = context, { groupContext } = epoch.parts;
  const treeHash = await treeHashRoot(tree, suite.hash);
  return await withClientConfig(context, async ({ lifetimeConfig, authService }) => {
    const found = await validateRatchetTree(tree, groupContext, lifetimeConfig, authService, treeHash, suite);
    return found === undefined;
  });
}

function treeOf({ tree }: GroupSnapshot): RatchetTree {
  return decodeRatchetTree(tree, 0)![0];
}

/** Groups in which members have updated, come and gone, so that trees have blanks, parents and unmerged leaves. */
async function* histories(): AsyncGenerator<[MlsContext, GroupSnapshot]> {
  const contexts: MlsContext[] = [];
  for (const user of ["a", "b", "c", "d", "e"]) contexts.push(await mlsMember(user, "x"));
  let groups = await makeMlsGroup(groupId, contexts);
  const commit = async (author: number, changes: Parameters<typeof createCommit>[2]) => {
    const { commit, welcome, pending } = await createCommit(contexts[author]!, groups[author]!, changes);
    const next = await Promise.all(
      groups.map(async (group, i) =>
        i === author ? pending : (await processCommit(contexts[i]!, group, commit)).next
      ),
    );
    const stay = next.map((one) => one !== undefined);
    groups = next.filter((one) => one !== undefined);
    contexts.splice(0, contexts.length, ...contexts.filter((_, i) => stay[i]));
    return welcome;
  };
  const add = async (author: number, user: string, refresh: boolean) => {
    const context = await mlsMember(user, "x");
    const { message, privateKeys } = await generateKeyPackage(context, validity);
    const welcome = await commit(author, { add: [message], refresh });
    groups.push(await joinGroup(context, welcome!, message, privateKeys));
    contexts.push(context);
  };
  yield [contexts[0]!, groups[0]!];
  for (const author of [1, 3, 4]) await commit(author, {});
  yield [contexts[0]!, groups[0]!];
  await add(2, "f", false);
  await add(0, "g", false);
  yield [contexts[1]!, groups[1]!];
  await commit(3, { remove: [1] });
  await add(2, "h", true);
  await add(0, "i", false);
  yield [contexts[0]!, groups[0]!];
  await commit(4, {});
  yield [contexts[2]!, groups[2]!];
}

Deno.test("validateTree() accepts what groups come to, as ts-mls does", async () => {
  let trees = 0;
  for await (const [context, group] of histories()) {
    assert.ok(await isAccepted(context, group, treeOf(group)));
    assert.ok(await isAcceptedByLibrary(context, group, treeOf(group)));
    trees++;
  }
  assert.equal(trees, 5);
});

// Unmerged leaf 1,000: ts-mls walks from it towards a root that it never meets, until memory is full.
Deno.test("validateTree() refuses a tree in which anything of a parent node was changed, though its hash fits", async () => {
  let changed = 0;
  for await (const [context, group] of histories()) {
    for (const [index, node] of treeOf(group).entries()) {
      if (node?.nodeType !== "parent") continue;
      const { parent } = node;
      const flipped = parent.parentHash.length === 0
        ? new Uint8Array(64)
        : parent.parentHash.map((byte) => byte ^ 1);
      const key = parent.hpkePublicKey.slice();
      key[100]! ^= 1;
      const variants = [
        { ...parent, parentHash: flipped },
        { ...parent, hpkePublicKey: key },
        { ...parent, unmergedLeaves: [...parent.unmergedLeaves, 1_000] },
        { ...parent, unmergedLeaves: [...parent.unmergedLeaves, 0].sort((a, b) => a - b) },
        ...(parent.unmergedLeaves.length > 0 ? [{ ...parent, unmergedLeaves: [] }] : []),
      ];
      for (const variant of variants) {
        const tree = treeOf(group);
        tree[index] = { nodeType: "parent", parent: variant };
        assert.equal(
          await isAccepted(context, group, tree),
          false,
          `node ${index}: ${JSON.stringify(variant.unmergedLeaves)}`,
        );
        changed++;
      }
    }
  }
  assert.ok(changed > 40, String(changed));
});

Deno.test("validateTree() refuses another hash, nodes of the wrong kind, and keys that stand twice", async () => {
  const [context, group] = (await histories().next()).value!;
  const { suite } = context;
  const tree = treeOf(group);
  const wrong = { ...group.epoch.parts.groupContext, treeHash: new Uint8Array(64) };
  await assert.rejects(withClientConfig(context, (config) => validateTree(tree, wrong, config, suite)), {
    code: "mls-invalid",
  });
  for (const [from, to] of [[1, 2], [2, 3], [0, 2]] as const) {
    const moved = treeOf(group);
    moved[to] = tree[from];
    assert.equal(await isAccepted(context, group, moved), false, `${from} to ${to}`);
  }
});
