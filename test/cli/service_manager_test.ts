import assert from "node:assert/strict";
import { openServiceManager } from "../../commands/service_manager.ts";
import { FakeIo } from "../support/fake_io.ts";
import { inFolder } from "../support/in_folder.ts";

function fail(error: unknown): void {
  throw error;
}

Deno.test("openServiceManager() tells systemd's socket of readiness, of life and of the end", () =>
  inFolder(async (folder) => {
    const socket = Deno.listenDatagram({ transport: "unixpacket", path: `${folder}/notify` });
    const receive = async () => new TextDecoder().decode((await socket.receive())[0]);
    const io = new FakeIo({ env: { NOTIFY_SOCKET: `${folder}/notify`, WATCHDOG_USEC: "20000" } });
    try {
      await using manager = await openServiceManager(io, fail);
      await manager.ready();
      assert.equal(await receive(), "READY=1");
      assert.deepEqual([await receive(), await receive()], ["WATCHDOG=1", "WATCHDOG=1"]);
      await manager.stopping();
      let last = await receive();
      while (last === "WATCHDOG=1") last = await receive();
      assert.equal(last, "STOPPING=1");
    } finally {
      socket.close();
    }
  }));

Deno.test("openServiceManager() does nothing where no service manager listens", async () => {
  await using manager = await openServiceManager(new FakeIo(), fail);
  await manager.ready();
  await manager.stopping();
});

Deno.test("openServiceManager() reports a socket that it cannot reach, and goes on", async () => {
  for (
    const [socket, expected] of [["/nowhere/notify", /No such file/], [
      "@abstract",
      /it has no path/,
    ]] as const
  ) {
    const errors: string[] = [];
    const io = new FakeIo({ env: { NOTIFY_SOCKET: socket } });
    await using manager = await openServiceManager(io, (error) => errors.push(String(error)));
    await manager.ready();
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, expected);
  }
});
