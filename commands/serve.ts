import { join } from "node:path";
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { formatRelayAddress } from "../lib/pki/mod.ts";
import { startRelay } from "../lib/relay/mod.ts";
import { holdsCa, initCa } from "../lib/store/mod.ts";
import { openCaFolder } from "./ca/ca_folder.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { parseListenAddress } from "./listen_address.ts";
import { passphraseOptions } from "./passphrase.ts";
import { path } from "./path_value.ts";
import { printable } from "./printable.ts";
import { openServeLog } from "./serve_log.ts";
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
      line: "parley serve --ca ca --listen 0.0.0.0:7443 --name relay.example.org --data relay",
      does: "Serve everyone who reaches relay.example.org",
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
    }),
    passphraseOptions,
  ),
  stopsItself: true,
  async execute({ ca: dir, listen, data, name, ...passphrase }, context) {
    const address = parseListenAddress(listen);
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
    });
    try {
      await using manager = await openServiceManager(context.io, (error) => {
        log.logger.warn("cannot tell the service manager: {error}", { error });
      });
      announce(relay.address, caDir, isNew, context);
      await manager.ready();
      await aborted(context.signal);
      await manager.stopping();
    } finally {
      await relay.close();
    }
  },
});

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
  caDir: string,
  isNew: boolean,
  context: CommandContext,
): void {
  const address = formatRelayAddress({ host: hostname, port });
  context.out.result({ type: "listening", address, host: hostname, port }, `listening on ${address}`);
  if (!isNew) return;
  const command = `parley ca invite --dir ${printable(caDir)} --relay ${address} USER`;
  context.out.note(`invite someone with: ${command}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
