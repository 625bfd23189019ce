import { join } from "node:path";
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { formatRelayAddress } from "../lib/pki/mod.ts";
import { type Relay, startRelay } from "../lib/relay/mod.ts";
import { holdsCa, initCa } from "../lib/store/mod.ts";
import { openCaFolder } from "./ca/ca_folder.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { parseListenAddress } from "./listen_address.ts";
import { passphraseOptions } from "./passphrase.ts";
import { path } from "./path_value.ts";
import { printable } from "./printable.ts";
import { openServeLog, type ServeLog } from "./serve_log.ts";
import { fileLimitOptions, fileLimits } from "./serve/file_limits.ts";
import type { MetricsServer } from "./serve/metrics_server.ts";
import { openServiceManager } from "./service_manager.ts";

const NEW_CA_NAME = "parley CA";
/** Addresses that stand for all of a machine's; a client cannot dial them. */
const WILDCARDS = ["0.0.0.0", "::"];

/** `parley serve`. */
export const serve = defineCommand({
  description:
    "Stores what devices that are offline have not fetched, and enrols devices that hold an invite. " +
    "With nothing set up yet it makes an authority in the data folder. Stops on Ctrl-C after it has answered " +
    "what is under way. What happens is logged to standard error, never who writes what.",
  examples: [
    { line: "parley serve", does: "Serve this machine only, with an authority in the data folder" },
    {
      line: "parley serve --ca ca --listen 0.0.0.0:7443 --name example.org --data relay",
      does: "Serve everyone who reaches example.org",
    },
    {
      line: "parley serve --ca ca --listen 127.0.0.1:0 --json",
      does: "Take any free port and print it for a script",
    },
  ],
  parser: merge(
    object({
      ca: optional(option("--ca", path("DIR", "directory"), {
        description:
          message`The authority's folder (default: ca in the data folder, made where there is none)`,
      })),
      listen: withDefault(
        option("--listen", string({ metavar: "HOST:PORT" }), {
          description: message`Where to listen; port 0 takes a free one`,
        }),
        "127.0.0.1:7443",
      ),
      data: optional(option("--data", path("DIR", "directory"), {
        description: message`The relay's folder (default: relay in the data folder)`,
      })),
      name: optional(option("--name", string({ metavar: "NAME,…" }), {
        description: message`DNS names and IP addresses under which clients reach the relay`,
      })),
      metrics: optional(option("--metrics", string({ metavar: "HOST:PORT" }), {
        description:
          message`Serve figures for Prometheus at http://HOST:PORT/metrics, to everyone who reaches it`,
      })),
    }),
    fileLimitOptions,
    passphraseOptions,
  ),
  stopsItself: true,
  async execute(
    { ca: dir, listen, data, name, metrics, filesTotal, filesPerUser, filesKeep, ...passphrase },
    context,
  ) {
    const address = parseListenAddress(listen);
    const metricsAddress = metrics === undefined ? undefined : parseListenAddress(metrics);
    const caDir = dir === undefined ? join(context.home, "ca") : context.resolve(dir);
    const isNew = dir === undefined && !holdsCa(caDir);
    if (isNew) await makeCa(caDir, context);
    using ca = openCaFolder({ dir: caDir, ...passphrase }, context);
    await using log = await openServeLog(context);
    const relay = await startRelay({
      ca,
      data: data === undefined ? join(context.home, "relay") : context.resolve(data),
      hostname: address.host,
      port: address.port,
      names: serverNames(address.host, name),
      clock: () => new Date(context.io.now()),
      log: log.logger,
      limits: { blobs: fileLimits({ filesTotal, filesPerUser, filesKeep }) },
    });
    try {
      await using manager = await openServiceManager(context.io, (error) => {
        log.logger.warn("cannot tell the service manager: {error}", { error });
      });
      await using figures = metricsAddress && await startMetrics(metricsAddress, relay, log);
      announce(relay.address, { caDir, isNew, metrics: figures?.url }, context);
      await manager.ready();
      await aborted(context.signal);
      await manager.stopping();
    } finally {
      await relay.close();
    }
  },
});

/** Loaded only where it is asked for. */
async function startMetrics(
  address: { host: string; port: number },
  relay: Relay,
  { logger }: ServeLog,
): Promise<MetricsServer> {
  const { serveMetrics } = await import("./serve/metrics_server.ts");
  return serveMetrics(address, () => relay.stats(), (error) => {
    logger.error("cannot take figures: {error}", { error });
  });
}

async function makeCa(dir: string, context: CommandContext): Promise<void> {
  await initCa(dir, { name: NEW_CA_NAME, clock: () => new Date(context.io.now()) });
  context.out.note(`made a certificate authority in ${printable(dir)}; keep a copy of it safe`);
}

/** The machine itself can always reach its relay. */
function serverNames(host: string, given: string | undefined): string[] {
  const names = given === undefined ? [] : given.split(",").map((name) => name.trim());
  const bound = WILDCARDS.includes(host) ? [] : [host];
  return [...names, ...bound, "localhost", "127.0.0.1", "::1"];
}

function announce(
  { hostname, port }: { hostname: string; port: number },
  { caDir, isNew, metrics }: { caDir: string; isNew: boolean; metrics: string | undefined },
  { out }: CommandContext,
): void {
  const address = formatRelayAddress({ host: hostname, port });
  const record = {
    type: "listening",
    address,
    host: hostname,
    port,
    ...(metrics !== undefined && { metrics }),
  };
  out.result(record, `listening on ${address}`);
  if (metrics !== undefined) out.note(`figures at ${metrics}`);
  if (!isNew) return;
  out.note(`invite someone with: parley ca invite --dir ${printable(caDir)} --relay ${address} USER`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
