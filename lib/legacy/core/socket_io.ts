import process from "node:process";
import { Sequence } from "./sequence.ts";

const loading = new Sequence();

/** Loads Socket.IO's server. */
export function importServer(): Promise<typeof import("socket.io")> {
  return withoutEnvironment(() => import("socket.io"));
}

/** Loads Socket.IO's client. */
export function importClient(): Promise<typeof import("socket.io-client")> {
  return withoutEnvironment(() => import("socket.io-client"));
}

/**
 * A logger that Socket.IO depends on reads the whole environment while it loads, which parley has no permission
 * for and no wish to show it: meanwhile there is an empty one in its place. One at a time, so that the real one
 * is there in the end.
 */
function withoutEnvironment<Module>(load: () => Promise<Module>): Promise<Module> {
  return loading.run(async () => {
    const { env } = process;
    process.env = {};
    try {
      return await load();
    } finally {
      process.env = env;
    }
  });
}
