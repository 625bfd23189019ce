import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { inFolder } from "../support/in_folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("parley serve tells a service manager, with the permissions that users give it", () =>
  inFolder(async (folder) => {
    const socket = Deno.listenDatagram({ transport: "unixpacket", path: `${folder}/notify` });
    const receive = async () => new TextDecoder().decode((await socket.receive())[0]);
    const task = config.tasks.parley.split(" ").slice(1).map((one) =>
      one === "main.ts" ? `${root}main.ts` : one
    );
    const serve = new Deno.Command(Deno.execPath(), {
      args: [...task, "serve", "--listen", "127.0.0.1:0", "--quiet"],
      env: { PARLEY_HOME: folder, NOTIFY_SOCKET: `${folder}/notify`, WATCHDOG_USEC: "100000" },
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(30_000),
    }).spawn();
    try {
      assert.deepEqual([await receive(), await receive()], ["READY=1", "WATCHDOG=1"]);
      serve.kill("SIGTERM");
      let last = await receive();
      while (last === "WATCHDOG=1") last = await receive();
      assert.equal(last, "STOPPING=1");
      const { code, stderr } = await serve.output();
      assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    } finally {
      socket.close();
    }
  }));
