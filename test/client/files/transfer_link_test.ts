import assert from "node:assert/strict";
import { TransferLink } from "../../../lib/client/files/transfer_link.ts";
import { NetworkError, StorageError } from "../../../lib/errors/mod.ts";
import type { ClientConnection } from "../../../lib/transport/mod.ts";

/** What a link needs of a connection, and whether it was closed. */
function fakeConnection(): ClientConnection & { isClosed: boolean } {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  const connection = {
    closed,
    isClosed: false,
    close: () => {
      connection.isClosed = true;
      resolve(undefined);
      return Promise.resolve();
    },
  };
  return connection as unknown as ClientConnection & { isClosed: boolean };
}

const lost = () => new NetworkError("connection-lost", "the connection was lost");

Deno.test("TransferLink makes one connection and uses it again", async () => {
  let connections = 0;
  const link = new TransferLink(() => (connections++, Promise.resolve(fakeConnection())));
  await Promise.all([1, 2, 3].map((n) => link.run(() => Promise.resolve(n))));
  await link.run(() => Promise.resolve());
  assert.equal(connections, 1);
  await link.close();
});

Deno.test("TransferLink tries again on a new connection after one was lost", async () => {
  const connections: ReturnType<typeof fakeConnection>[] = [];
  const link = new TransferLink(() => {
    const connection = fakeConnection();
    connections.push(connection);
    return Promise.resolve(connection);
  });
  let attempts = 0;
  const result = await link.run(() => ++attempts < 3 ? Promise.reject(lost()) : Promise.resolve("done"));
  assert.deepEqual([result, attempts, connections.length], ["done", 3, 3]);
  assert.deepEqual(connections.map(({ isClosed }) => isClosed), [true, true, false]);
  await link.close();
});

Deno.test("TransferLink throws at once what another attempt cannot mend, and keeps the connection", async () => {
  let connections = 0, attempts = 0;
  const link = new TransferLink(() => (connections++, Promise.resolve(fakeConnection())));
  const full = new StorageError("blob-storage-full", "full");
  await assert.rejects(link.run(() => (attempts++, Promise.reject(full))), full);
  await link.run(() => Promise.resolve());
  assert.deepEqual([attempts, connections], [1, 1]);
  await link.close();
});

Deno.test("TransferLink gives up when patience is over", async () => {
  const link = new TransferLink(() => Promise.reject(lost()));
  await assert.rejects(link.run(() => Promise.resolve(), { patienceMs: 300 }), { code: "connection-lost" });
  const silent = new TransferLink(() => Promise.resolve(fakeConnection()));
  const stalled = silent.run(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    { patienceMs: 100 },
  );
  await assert.rejects(stalled, { code: "transfer-stalled", kind: "timeout" });
  await silent.close();
});

Deno.test("TransferLink ends with the reason of the signal, while it works and while it waits", async () => {
  const reason = new Error("enough");
  const stop = new AbortController();
  const link = new TransferLink(() => Promise.reject(lost()));
  const waiting = link.run(() => Promise.resolve(), { signal: stop.signal });
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(link.run(() => Promise.resolve(), { signal: stop.signal }), reason);
});
