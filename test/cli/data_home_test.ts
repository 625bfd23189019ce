import assert from "node:assert/strict";
import { dataHome } from "../../commands/data_home.ts";
import { FakeIo } from "../support/fake_io.ts";

Deno.test("dataHome() takes --home before PARLEY_HOME before the XDG data folder", () => {
  const home = (env: Record<string, string>, given?: string) =>
    dataHome(new FakeIo({ env, cwd: "/here" }), given);
  assert.equal(home({ PARLEY_HOME: "/p", XDG_DATA_HOME: "/x" }, "given"), "/here/given");
  assert.equal(home({ PARLEY_HOME: "p", XDG_DATA_HOME: "/x" }), "/here/p");
  assert.equal(home({ XDG_DATA_HOME: "/x" }), "/x/parley");
  assert.equal(home({ XDG_DATA_HOME: "relative", HOME: "/h" }), "/h/.local/share/parley");
  assert.equal(home({ HOME: "/h" }), "/h/.local/share/parley");
});

Deno.test("dataHome() explains itself where there is no home", () => {
  const io = new FakeIo({ env: { HOME: "" } });
  Object.assign(io, { env: () => undefined });
  assert.throws(() => dataHome(io, undefined), { code: "no-home", kind: "usage" });
});
