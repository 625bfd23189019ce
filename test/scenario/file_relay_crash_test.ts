import assert from "node:assert/strict";
import { FILE_CHUNK_BYTES } from "../../lib/client/files/file_layout.ts";
import type { TransferProgress } from "../../lib/client/files/transfer_types.ts";
import { initCa, openCa } from "../../lib/store/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { Running } from "../support/parley.ts";
import { connectDevice, createGroup, issueDevice } from "../support/relay_fixture.ts";
import { content, openTransfers, type Tamper } from "../support/transfer_fixture.ts";

const KILLS = 3;
const CHUNKS = 96;

async function startRelay(folder: string, port: number): Promise<{ process: Running; port: number }> {
  const args = [
    "serve",
    "--ca",
    `${folder}/ca`,
    "--data",
    `${folder}/relay`,
    "--listen",
    `127.0.0.1:${port}`,
    "--json",
  ];
  const process = new Running(args, `${folder}/home`);
  return { process, port: JSON.parse(await process.line((line) => line.includes("listening"))).port };
}

Deno.test("a file goes through a relay that is killed again and again, and no confirmed chunk is sent twice", () =>
  inFolder(async (folder) => {
    await initCa(`${folder}/ca`, { name: "Test CA" });
    using ca = openCa(`${folder}/ca`, {});
    let relay = await startRelay(folder, 0);
    const { port } = relay;
    const seed = crypto.getRandomValues(new Uint32Array(1))[0]! % 1_000 + 1;
    console.log(`seed ${seed}`);
    const bytes = content(CHUNKS * FILE_CHUNK_BYTES, seed);
    Deno.writeFileSync(`${folder}/source`, bytes);
    const names = ["alice", "bob"].map((user) => ({ user, device: "laptop" }));
    const [alice, bob] = await Promise.all(names.map((name) => issueDevice(ca.authority, name)));
    const devices = [
      await connectDevice(ca.authority, port, names[0]!, alice!),
      await connectDevice(ca.authority, port, names[1]!, bob!),
    ];
    const mailbox = await createGroup(devices[0]!, devices[1]!);
    for (const device of devices) await device.connection.close();

    let confirmed = 0, kills = 0;
    let restarting: Promise<void> | undefined;
    /** Kills the relay when that much is done, once each, and starts it again. */
    const killAt = (marks: number[]) => ({ phase, doneBytes }: TransferProgress) => {
      if (phase === "sending") confirmed = Math.max(confirmed, doneBytes / FILE_CHUNK_BYTES);
      if (phase === "checking" || doneBytes / FILE_CHUNK_BYTES < (marks[0] ?? Infinity)) return;
      marks.shift();
      kills++;
      relay.process.kill("SIGKILL");
      restarting = relay.process.ended().then(async () => {
        relay = await startRelay(folder, port);
      });
    };
    const marks = () =>
      Array.from({ length: KILLS }, (_, i) => Math.floor((i + (seed % 7) / 8 + 0.1) * CHUNKS / KILLS));
    const tamper: Tamper = (op, fields, ask) => {
      if (op === "blob-put") {
        assert((fields as { index: number }).index >= confirmed, "a confirmed chunk is sent again");
      }
      return ask(fields);
    };
    const common = { authority: ca.authority, port: () => port };
    const sender = openTransfers({ ...common, identity: alice!, folder: `${folder}/alice`, tamper });
    const receiver = openTransfers({ ...common, identity: bob!, folder: `${folder}/bob` });
    try {
      const options = { name: "f", mediaType: "x/y", onProgress: killAt(marks()) };
      const { file } = await sender.upload(mailbox, { path: `${folder}/source` }, options);
      await restarting;
      const path = `${folder}/received`;
      using target = await Deno.open(path, { create: true, read: true, write: true });
      await receiver.download(file, target, { path, onProgress: killAt(marks()) });
      await restarting;
      assert.deepEqual(Deno.readFileSync(`${folder}/received`), bytes);
      assert.equal(kills, 2 * KILLS);
      await receiver.done(file.blob);
      assert.deepEqual(
        [...Deno.readDirSync(`${folder}/relay/blobs`)].flatMap((
          { name },
        ) => [...Deno.readDirSync(`${folder}/relay/blobs/${name}`)]),
        [],
      );
    } finally {
      await sender.close();
      await receiver.close();
      await relay.process[Symbol.asyncDispose]();
    }
  }));
