import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeCbor, encodeCbor } from "../../lib/bytes/mod.ts";
import { AgentClient, startAgent } from "../../lib/agent/mod.ts";
import { inFolder } from "../support/in_folder.ts";

const secrets = { storageKey: new Uint8Array([1, 2, 3]), privateKey: new Uint8Array(48).fill(7) };

/** Runs `work` with an agent whose clock the test turns on. */
function withAgent(
  work: (
    agent: { folder: string; socket: string; client: AgentClient; pass: (ms: number) => void },
  ) => Promise<void>,
) {
  return inFolder(async (dir) => {
    const folder = `${dir}/run`;
    let time = 1_000_000;
    const agent = await startAgent({ folder, idleMs: 60_000, now: () => time });
    try {
      await work({ folder, socket: agent.socket, client: new AgentClient(folder), pass: (ms) => time += ms });
    } finally {
      await agent.close();
    }
  });
}

/** Sends bytes as they are and returns what comes back before the agent hangs up. */
async function talk(socket: string, bytes: Uint8Array, endInput = true): Promise<Uint8Array> {
  const connection = await Deno.connect({ transport: "unix", path: socket });
  await connection.write(bytes);
  if (endInput) await connection.closeWrite();
  return await new Response(connection.readable).bytes();
}

function frame(body: Uint8Array, length = body.length): Uint8Array {
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes.set(body, 4);
  return bytes;
}

function errorCode(answer: Uint8Array): unknown {
  return (decodeCbor(answer.subarray(4)) as { error?: { code: string } }).error?.code;
}

Deno.test("an agent keeps what was put for as long as somebody asks for it, and not longer", () =>
  withAgent(async ({ client, pass }) => {
    assert.equal(await client.get("/a"), undefined);
    await client.put("/a", secrets);
    await client.put("/b", secrets);
    pass(50_000);
    assert.deepEqual(await client.get("/a"), secrets);
    pass(20_000);
    assert.deepEqual(await client.status(), [{ key: "/a", forgottenInMs: 40_000 }]);
    assert.equal(await client.get("/b"), undefined);
    assert.equal(await client.forget("/b"), 0);
    assert.equal(await client.forget("/a"), 1);
    await client.put("/c", secrets);
    assert.equal(await client.forget(), 1);
    assert.deepEqual(await client.status(), []);
  }));

Deno.test("whatever a hostile client sends, it gets a typed error, and the agent goes on", () =>
  withAgent(async ({ socket, client }) => {
    await client.put("/a", secrets);
    const cases: [Uint8Array, string][] = [
      [frame(new Uint8Array(4), 0xffff_ffff), "agent-message-malformed"],
      [frame(new Uint8Array(4), 64 * 1024 + 1), "agent-message-malformed"],
      [frame(new Uint8Array(4), 100), "agent-message-malformed"],
      [frame(new Uint8Array()), "truncated"],
      [frame(encodeCbor({ op: "get" })), "agent-message-malformed"],
      [frame(encodeCbor({ op: "dump" })), "agent-message-malformed"],
      [frame(encodeCbor({ op: "get", key: "x".repeat(2_000) })), "agent-message-malformed"],
      [
        frame(encodeCbor({ op: "put", key: "x", secrets: { a: new Uint8Array(9_000) } })),
        "agent-message-malformed",
      ],
      [frame(encodeCbor({ op: "put", key: "x", secrets: { a: "text" } })), "agent-message-malformed"],
    ];
    for (const [bytes, code] of cases) assert.equal(errorCode(await talk(socket, bytes)), code);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (body) => {
        const answer = await talk(socket, frame(body));
        assert.ok(errorCode(answer) !== undefined);
      }),
      { numRuns: 40 },
    );
    assert.deepEqual(await client.get("/a"), secrets);
    for (let i = 0; i < 199; i++) await client.put(`/${i}`, secrets);
    await assert.rejects(client.put("/one too many", secrets), { code: "agent-refused" });
  }));

Deno.test("one agent runs in a folder, one that died does not hinder the next, and others may not enter", () =>
  inFolder(async (dir) => {
    const start = (folder: string) => startAgent({ folder, idleMs: 1_000, now: () => 0 });
    const first = await start(`${dir}/run`);
    await assert.rejects(start(`${dir}/run`), { code: "agent-running" });
    await first.close();
    // What is left of an agent that was killed: a socket at which nobody listens.
    const dead = Deno.listen({ transport: "unix", path: `${dir}/other.sock` });
    await Deno.rename(`${dir}/other.sock`, first.socket);
    dead.close();
    assert.equal(await new AgentClient(`${dir}/run`).status(), undefined);
    const second = await start(`${dir}/run`);
    await Deno.chmod(`${dir}/run`, 0o755);
    await assert.rejects(new AgentClient(`${dir}/run`).put("/a", secrets), { code: "agent-folder-open" });
    await second.close();
    await assert.rejects(start(`${dir}/run`), { code: "agent-folder-open" });
    await assert.rejects(start(`${dir}/${"x".repeat(120)}`), { code: "agent-path-long" });
    assert.equal(await new AgentClient(`${dir}/none`).get("/a"), undefined);
  }));
