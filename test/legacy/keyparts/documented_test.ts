import assert from "node:assert/strict";
import { keyparts } from "../../../lib/legacy/keyparts/mod.ts";
import { inFolder } from "../../support/in_folder.ts";
import { environment, startServer } from "../support/environment.ts";
import { ScriptedConsole } from "../support/scripted_console.ts";
import { makeFolder } from "./support.ts";

Deno.test("keyparts documented: three of our clients, one of them again", () =>
  inFolder(async (folder) => {
    await makeFolder(folder);
    await using server = await startServer(keyparts, { folder });
    const client = (id: string, console: ScriptedConsole) => ({
      ...environment({ folder }),
      hostname: "127.0.0.1",
      port: server.port,
      user: id,
      console,
      signal: new AbortController().signal,
    });
    const consoles = [
      new ScriptedConsole(),
      new ScriptedConsole(),
      new ScriptedConsole("from three", "exit"),
    ];
    const [one, two, three] = consoles as [ScriptedConsole, ScriptedConsole, ScriptedConsole];
    const sessions = consoles.map((console, i) => keyparts.connect(client(`client${i + 1}`, console)));
    assert.equal((await one.shown("message")).text, "from three");
    assert.equal((await two.shown("message")).text, "from three");
    await sessions[2];
    await server.logged("client-left");
    // The published server would count a fourth client; ours starts a new exchange when three are here again.
    await keyparts.send!({
      ...client("client3", three),
      to: undefined,
      text: "x".repeat(975),
      password: () => Promise.reject(new Error("nobody asks for a password")),
      show: () => {},
    });
    assert.equal((await one.shown("message", 2)).text, "x".repeat(975));
    assert.equal((await one.shown("keyed", 2)).type, "keyed");
    two.end();
    one.end();
    await Promise.all(sessions);
    await server.logged("client-left", 4);
  }));

Deno.test("keyparts: a client without its key, or with too long a message, is told so", () =>
  inFolder(async (folder) => {
    const options = {
      ...environment({ folder }),
      hostname: "127.0.0.1",
      port: 1,
      console: new ScriptedConsole(),
      signal: new AbortController().signal,
    };
    await assert.rejects(keyparts.connect({ ...options, user: "client1" }), { code: "no-private-key" });
    await assert.rejects(keyparts.connect({ ...options, user: "../x" }), { code: "client-id-malformed" });
    await makeFolder(folder);
    await assert.rejects(keyparts.connect({ ...options, user: "client1" }), { code: "connect-failed" });
  }));
