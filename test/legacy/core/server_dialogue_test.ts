import assert from "node:assert/strict";
import { decodeUtf8, encodeUtf8 } from "../../../lib/bytes/mod.ts";
import {
  encodeFrame,
  frameCutter,
  listenRaw,
  mapCutter,
  type RawConnection,
  ServerDialogue,
  withServer,
} from "../../../lib/legacy/core/mod.ts";

const LIMITS = { maxMessageBytes: 1024, gapMs: 0 };

type Message = { readonly type: "pong"; readonly n: number } | { readonly type: "news"; readonly n: number };

/** Talks to a server that answers each frame with the frames that `answer` returns; undefined ends the connection. */
async function talk(
  answer: (question: string) => readonly Message[] | undefined,
  use: (connection: RawConnection) => Promise<void>,
): Promise<void> {
  const server = listenRaw({
    ...LIMITS,
    hostname: "127.0.0.1",
    ports: [0],
    onFailure: (_connection, error) => assert.fail(error.message),
    async converse({ reader, writer }) {
      for (;;) {
        const question = await reader.read(frameCutter(1024));
        const answers = question && answer(decodeUtf8(question));
        if (answers === undefined) return;
        for (const message of answers) writer.write(encodeFrame(encodeUtf8(JSON.stringify(message))));
      }
    },
  });
  try {
    const { hostname, port } = server.addresses[0]!;
    await withServer({ hostname, port, signal: new AbortController().signal }, LIMITS, use);
  } finally {
    await server.close();
  }
}

function open(connection: RawConnection, take: (n: number) => void | Promise<void>): ServerDialogue<Message> {
  return new ServerDialogue<Message>(connection, {
    key: "type",
    cutter: mapCutter(frameCutter(1024), (body) => JSON.parse(decodeUtf8(body))),
    on: { news: ({ n }) => take(n) },
    goneHint: "gone",
  });
}

Deno.test("ServerDialogue gives each question its answer and everything else to its handler, in order", async () => {
  let asked = 0;
  const seen: number[] = [];
  const answer = (): Message[] => [{ type: "news", n: ++asked }, { type: "pong", n: asked }];
  await talk(answer, async (connection) => {
    const dialogue = open(connection, async (n) => {
      await Promise.resolve();
      seen.push(n);
    });
    const ask = () => dialogue.ask(["pong"], encodeFrame(encodeUtf8("ping")));
    const answers = await Promise.all([ask(), ask(), ask()]);
    assert.deepEqual(answers.map(({ n }) => n), [1, 2, 3]);
    assert.deepEqual(seen, [1, 2, 3]);
  });
});

Deno.test("ServerDialogue ends with the connection, and with what a handler throws", async () => {
  await talk(() => undefined, async (connection) => {
    const dialogue = open(connection, () => {});
    await assert.rejects(dialogue.ask(["pong"], encodeFrame(encodeUtf8("ping"))), {
      code: "server-gone",
      hint: "gone",
    });
    await assert.rejects(dialogue.ended, { code: "server-gone" });
  });
  await talk(() => [{ type: "news", n: 1 }], async (connection) => {
    const dialogue = open(connection, () => {
      throw new Error("cannot take it");
    });
    await dialogue.send(encodeFrame(encodeUtf8("ping")));
    await assert.rejects(dialogue.ended, /cannot take it/);
  });
});
