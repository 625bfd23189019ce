import { Counter, Gauge, Registry } from "prom-client";
import { NetworkError } from "../../lib/errors/mod.ts";
import type { RelayStats } from "../../lib/relay/mod.ts";

/** Serves a relay's figures in the text format of Prometheus until it is disposed of. */
export interface MetricsServer extends AsyncDisposable {
  /** Where they are. */
  readonly url: string;
}

/**
 * Serves `GET /metrics`. Figures are taken when somebody asks. The page tells how much the relay does, not for
 * whom; there is no authentication, so it belongs on an address that only the monitoring reaches.
 *
 * @throws {NetworkError} `listen-failed`
 */
export function serveMetrics(
  { host, port }: { host: string; port: number },
  stats: () => Promise<RelayStats>,
  onError: (error: unknown) => void,
): MetricsServer {
  const handler = async (request: Request) => {
    if (new URL(request.url).pathname !== "/metrics") return new Response("not found\n", { status: 404 });
    if (request.method !== "GET") return new Response("GET only\n", { status: 405 });
    const registry = describe(await stats());
    return new Response(await registry.metrics(), { headers: { "content-type": registry.contentType } });
  };
  const server = start({ host, port }, handler, onError);
  const { hostname, port: bound } = server.addr;
  const name = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    url: `http://${name}:${bound}/metrics`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function start(
  { host, port }: { host: string; port: number },
  handler: (request: Request) => Promise<Response>,
  onError: (error: unknown) => void,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({
      hostname: host,
      port,
      onListen: () => {},
      onError: (error) => {
        onError(error);
        return new Response("the figures cannot be taken; see the relay's log\n", { status: 500 });
      },
    }, handler);
  } catch (cause) {
    throw new NetworkError("listen-failed", `cannot listen on ${host}:${port} for metrics`, {
      cause,
      hint: "is the port taken?",
    });
  }
}

/** The figures, under names that say their unit. They come as they are; the library formats them. */
function describe(stats: RelayStats): Registry {
  const registry = new Registry();
  const add = (name: string, help: string, value: number) => {
    const options = { name: `parley_relay_${name}`, help, registers: [registry] };
    if (name.endsWith("_total")) new Counter(options).inc(value);
    else new Gauge(options).set(value);
  };
  const { counters } = stats;
  add(
    "open_connections",
    "Connections that are open, those that only enrol among them",
    stats.openConnections,
  );
  add("devices_online", "Devices that have a connection", stats.devicesOnline);
  add("connections_total", "Connections accepted since the start", counters.connections);
  add("entries_total", "Entries written to mailboxes since the start", counters.entries);
  add("entry_bytes_total", "Bytes of their bodies", counters.entryBytes);
  add("enrolled_total", "Devices enrolled since the start", counters.enrolled);
  add("revoked_connections_total", "Connections of revoked devices that were closed", counters.revoked);
  add("rate_limited_total", "Requests refused because their device asks too much", counters.rateLimited);
  add("failures_total", "Failures of the relay itself, each with a line in the log", counters.failures);
  add("mailbox_bytes", "Bytes of the files that hold the mailboxes", stats.mailboxBytes);
  add(
    "files",
    "Files that wait for whoever has not fetched them, uploads under way among them",
    stats.files.blobs,
  );
  add("file_uploads", "Uploads of files under way or broken off", stats.files.uploads);
  add("file_bytes", "Bytes of the files that wait, by their declared sizes", stats.files.bytes);
  add("free_bytes", "Bytes free in the file system of the relay's folder", stats.freeBytes);
  add(
    "certificate_not_after_seconds",
    "When the relay's certificate ends, in seconds since 1970",
    stats.certificateNotAfter.getTime() / 1000,
  );
  add("resident_bytes", "Memory of the process", Deno.memoryUsage().rss);
  const requests = new Counter({
    name: "parley_relay_requests_total",
    help: "Requests since the start, by operation",
    labelNames: ["operation"],
    registers: [registry],
  });
  for (const [operation, count] of counters.requests) requests.inc({ operation }, count);
  return registry;
}
