import type { ProfileServer } from "./profile.ts";

/** Starts a server that uses a resource, which is disposed of when the server has closed, or does not start. */
export function serveWith(resource: Disposable, start: () => ProfileServer): ProfileServer {
  using starting = new DisposableStack();
  starting.use(resource);
  const server = start();
  const started = starting.move();
  return {
    addresses: server.addresses,
    async close() {
      await server.close();
      started.dispose();
    },
  };
}
