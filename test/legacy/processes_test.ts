import assert from "node:assert/strict";
import { inFolder } from "../support/in_folder.ts";
import { parley, Running } from "../support/parley.ts";

/** Starts a server of a classic system, on a free port of the loopback. */
async function serve(home: string, profile: string[]): Promise<{ server: Running; address: string }> {
  const server = new Running(["serve", ...profile, "--port", "0"], home);
  const line = await server.line((one) => one.startsWith("listening on"));
  return { server, address: line.split(" ").at(-1)! };
}

async function stop(server: Running): Promise<void> {
  await server.type("stop");
  assert.equal((await server.ended()).code, 0);
}

for (const dialect of ["documented", "original"]) {
  Deno.test(`dh-aes with real processes (${dialect}): what waits outlives the server`, () =>
    inFolder(async (home) => {
      const profile = ["--profile", "dh-aes", "--dialect", dialect, "--dir", home];
      {
        const { server, address } = await serve(home, profile);
        await using _ = server;
        const lines = "alice\nsend bob hello there\nnonsense\nsend\ncarol\nhi\nlist\n";
        const alice = await parley(["connect", ...profile, address], home, lines);
        assert.equal(alice.stdout, "logged in as alice\nqueued for bob\nqueued for carol\nalice\n");
        assert.match(alice.stderr, /expected send, list or quit/);
        await stop(server);
      }
      const { server, address } = await serve(home, profile);
      await using _ = server;
      await using bob = new Running(["connect", ...profile, "--as", "bob", address], home);
      assert.equal(await bob.line((line) => line.startsWith("alice:")), "alice: hello there");
      const second = await parley(["connect", ...profile, "--as", "bob", address], home, "list");
      assert.equal(second.code, dialect === "documented" ? 4 : 5, second.stderr);
      const sent = await parley(
        ["send", ...profile, "--as", "carol", "--server", address, "bob", "now"],
        home,
      );
      assert.equal(sent.stdout, "alice: hi\ndelivered to bob\n");
      await bob.line((line) => line === "carol: now");
      await bob.type("quit");
      assert.equal((await bob.ended()).code, 0);
      await stop(server);
    }));

  Deno.test(`elgamal with real processes (${dialect}): two talk, one of them by a script`, () =>
    inFolder(async (home) => {
      const profile = ["--profile", "elgamal", "--dialect", dialect];
      const { server, address } = await serve(home, profile);
      await using _ = server;
      await using one = new Running(["connect", ...profile, address], home);
      const sent = await parley(["send", ...profile, "--server", address, "from a script"], home);
      assert.equal(sent.code, 0, sent.stderr);
      await one.line((line) => line.endsWith(": from a script"));
      await one.type("exit");
      assert.equal((await one.ended()).code, 0);
      await stop(server);
    }));
}
