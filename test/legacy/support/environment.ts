import { systemRandom } from "../../../lib/crypto/mod.ts";
import type { Dialect, Profile, ProfileEvent, ProfileServer } from "../../../lib/legacy/mod.ts";

/** A server of a classic system in the test's own process; disposing of it stops it. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly ports: readonly number[];
  /** What it has logged. */
  readonly events: ProfileEvent[];
  /** Waits for an event of this type, the `count`th. */
  logged(type: string, count?: number): Promise<ProfileEvent>;
}

/** Starts a server on free ports of the loopback. */
export async function startServer(
  profile: Profile,
  options: { dialect?: Dialect; folder?: string; settings?: Record<string, string> } = {},
): Promise<TestServer> {
  const events: ProfileEvent[] = [];
  const waiting = new Set<() => void>();
  const server: ProfileServer = await profile.serve({
    ...environment(options),
    hostname: "127.0.0.1",
    ports: profile.defaultPorts.map(() => 0),
    log(event) {
      events.push(event);
      for (const check of [...waiting]) check();
    },
  });
  const ports = server.addresses.map(({ port }) => port);
  return {
    port: ports[0]!,
    ports,
    events,
    logged: (type, count = 1) =>
      until(waiting, () => events.filter((event) => event.type === type).at(count - 1)),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** What a profile needs from outside. */
export function environment(
  { dialect = "documented", folder = "/nonexistent", settings = {} }: {
    dialect?: Dialect;
    folder?: string;
    settings?: Record<string, string>;
  } = {},
) {
  return { dialect, folder, settings, now: Date.now, random: systemRandom };
}

/** Resolves when `find` finds something; it is asked again whenever a waiting check is called. */
export function until<T>(waiting: Set<() => void>, find: () => T | undefined): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const check = () => {
    const found = find();
    if (found === undefined) return;
    waiting.delete(check);
    resolve(found);
  };
  waiting.add(check);
  check();
  return promise;
}
