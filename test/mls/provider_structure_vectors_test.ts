import assert from "node:assert/strict";
import { determineLength } from "ts-mls/codec/variableLength.js";
import { left, nodeWidth, parent, right, root, sibling, toNodeIndex } from "ts-mls/treemath.js";
import { decodeHex } from "../../lib/bytes/mod.ts";
import { loadVectors } from "../vectors/load_vectors.ts";

interface TreeMathCase {
  n_leaves: number;
  n_nodes: number;
  root: number;
  left: (number | null)[];
  right: (number | null)[];
  parent: (number | null)[];
  sibling: (number | null)[];
}

Deno.test("ts-mls passes tree-math.json", () => {
  const cases = loadVectors<TreeMathCase[]>("mls/tree-math.json");
  assert.equal(cases.length, 8);
  for (const test of cases) {
    assert.equal(nodeWidth(test.n_leaves), test.n_nodes);
    assert.equal(root(test.n_leaves), test.root);
    for (let i = 0; i < test.n_nodes; i++) {
      const node = toNodeIndex(i);
      // `null` stands for "there is none", where ts-mls throws.
      assert.equal(orNull(() => left(node)), test.left[i]);
      assert.equal(orNull(() => right(node)), test.right[i]);
      assert.equal(orNull(() => parent(node, test.n_leaves)), test.parent[i]);
      assert.equal(orNull(() => sibling(node, test.n_leaves)), test.sibling[i]);
    }
  }
});

function orNull(compute: () => number): number | null {
  try {
    return compute();
  } catch {
    return null;
  }
}

Deno.test("ts-mls passes deserialization.json", () => {
  const cases = loadVectors<{ vlbytes_header: string; length: number }[]>("mls/deserialization.json");
  assert.equal(cases.length, 14);
  for (const { vlbytes_header, length } of cases) {
    const header = decodeHex(vlbytes_header);
    assert.deepEqual(determineLength(header), { length, lengthFieldSize: header.length });
  }
});
