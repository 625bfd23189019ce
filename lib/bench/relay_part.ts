import process from "node:process";
import { InternalError } from "../errors/mod.ts";
import { type Relay, startRelay } from "../relay/mod.ts";
import { openCa } from "../store/mod.ts";
import { type PartChannel, readJson } from "./part.ts";

/** What the relay of a benchmark is told first. */
export interface RelaySetup {
  /** The authority's folder. */
  ca: string;
  /** The relay's folder. */
  data: string;
}

/** Where the relay listens. */
export interface RelayStarted {
  /** Its port on 127.0.0.1. */
  port: number;
}

/** What the relay's process has used until now. */
export interface ProcessUsage {
  /** Processor time in milliseconds. */
  cpuMs: number;
  /** Resident memory in bytes. */
  rssBytes: number;
  /** The most that it ever was. */
  peakBytes: number;
}

/** So many connections come from one machine and one device in a benchmark only; every other bound is as usual. */
const LIMITS = {
  connections: { maxConnectionsPerAddress: 20_000 },
  maxConnectionsPerDevice: 20_000,
  enrollmentsPerSecond: 1_000,
  enrollmentBurst: 1_000,
};

/** Runs a relay; answers every further line with what it has used. */
export async function runRelayPart({ lines, write }: PartChannel): Promise<void> {
  const setup = await readJson<RelaySetup>(lines);
  if (setup === undefined) return;
  using ca = openCa(setup.ca);
  const relay: Relay = await startRelay({
    ca,
    data: setup.data,
    hostname: "127.0.0.1",
    port: 0,
    names: ["127.0.0.1"],
    limits: LIMITS,
    log: {
      info() {},
      error: (message, properties) => {
        throw new InternalError(`the relay failed: ${message} ${JSON.stringify(properties)}`);
      },
    },
  });
  try {
    write(JSON.stringify({ port: relay.address.port } satisfies RelayStarted));
    while (await readJson(lines) !== undefined) write(JSON.stringify(processUsage()));
  } finally {
    await relay.close();
  }
}

/** What this process has used until now. */
export function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { cpuMs: (user + system) / 1_000, rssBytes: Deno.memoryUsage().rss, peakBytes };
}
