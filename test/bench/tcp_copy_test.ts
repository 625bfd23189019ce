import assert from "node:assert/strict";
import { receiveTcp, sendTcp } from "../../lib/bench/tcp_copy.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { inFolder } from "../support/in_folder.ts";

for (const bytes of [0, 1, 256 * 1024, 700_001]) {
  Deno.test(`sendTcp() and receiveTcp() copy a file of ${bytes} bytes`, () =>
    inFolder(async (folder) => {
      const content = systemRandom(bytes);
      await Deno.writeFile(`${folder}/source`, content);
      const { port, done } = await receiveTcp(`${folder}/target`);
      await Promise.all([sendTcp(`${folder}/source`, port), done]);
      assert.deepEqual(await Deno.readFile(`${folder}/target`), new Uint8Array(content));
    }));
}
