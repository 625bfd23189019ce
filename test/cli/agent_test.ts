import assert from "node:assert/strict";
import { parley, Running } from "../support/parley.ts";

Deno.test("parley agent status says that no key is kept, and nothing to a script", async () => {
  const home = await Deno.makeTempDir({ prefix: "parley-" });
  try {
    await using agent = new Running(["agent"], home);
    await agent.line((line) => line.startsWith("agent at"));
    assert.deepEqual(await parley(["agent", "status"], home), {
      code: 0,
      stdout: "",
      stderr: "parley: no key is kept\n",
    });
    assert.deepEqual(await parley(["agent", "status", "--json"], home), { code: 0, stdout: "", stderr: "" });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
