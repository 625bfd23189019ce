import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { UsageError } from "../../lib/errors/mod.ts";
import {
  assertListenAddress,
  type Profile,
  type ProfileEvent,
  type ProfileServer,
} from "../../lib/legacy/mod.ts";
import { formatRelayAddress } from "../../lib/pki/mod.ts";
import { type Command, type CommandContext, defineCommand } from "../command.ts";
import { readLines } from "../input.ts";
import { parseListenAddress } from "../listen_address.ts";
import { printable } from "../printable.ts";
import { describeProfile, warnOfWeaknesses } from "./describe_profile.ts";
import { portOption, profileEnvironment, profileOptions } from "./profile_options.ts";

const LOOPBACK = "127.0.0.1";
const MAX_LINE_CHARS = 1 << 20;

/** `parley serve --profile NAME`. */
export function serveProfile(profile: Profile): Command<unknown> {
  const { name, defaultPorts } = profile;
  return defineCommand({
    description: `${describeProfile(profile)} It stops on Ctrl-C and when stop is typed.`,
    examples: [
      { line: `parley serve --profile ${name}`, does: `Serve this machine on ${defaultPorts.join(", ")}` },
      {
        line: `parley serve --profile ${name} --dialect original --port ${defaultPorts[0]}`,
        does: "Serve the published clients",
      },
    ],
    parser: merge(
      profileOptions(profile),
      object({
        listen: optional(option("--listen", string({ metavar: "HOST:PORT" }), {
          description: message`Where to listen; port 0 takes a free one`,
        })),
        port: portOption,
        ports: optional(option("--ports", string({ metavar: "N[,N…]" }), {
          description:
            message`The first of as many ports as its description has, or all of them, with commas in between`,
        })),
        allowInsecure: option("--allow-insecure", {
          description: message`Listen on other addresses than loopback in spite of what is weak`,
        }),
      }),
    ),
    stopsItself: true,
    async execute({ listen, port, ports, allowInsecure, ...values }, context) {
      const address = chooseAddress(listen, port, ports, defaultPorts);
      assertListenAddress(address.hostname, allowInsecure);
      warnOfWeaknesses(profile, context.out);
      const log = (event: ProfileEvent) => report(event, context);
      const server = await profile.serve({
        ...profileEnvironment(profile, values, context),
        ...address,
        log,
      });
      try {
        announce(name, server, context);
        await stopAsked(context);
      } finally {
        await server.close();
      }
    },
  });
}

function chooseAddress(
  listen: string | undefined,
  port: number | undefined,
  ports: string | undefined,
  defaultPorts: readonly number[],
): { hostname: string; ports: readonly number[] } {
  if ([listen, port, ports].filter((one) => one !== undefined).length > 1) {
    throw new UsageError("ports-contradict", "one of --listen, --port and --ports is enough");
  }
  const given = listen === undefined ? undefined : parseListenAddress(listen);
  const chosen = ports === undefined ? undefined : parsePorts(ports, defaultPorts.length);
  const one = given?.port ?? port;
  return { hostname: given?.host ?? LOOPBACK, ports: chosen ?? (one === undefined ? defaultPorts : [one]) };
}

/** One number is the first of `count`; else all are given. */
function parsePorts(text: string, count: number): number[] {
  const numbers = text.split(",").map((part) => /^\d{1,5}$/.test(part.trim()) ? Number(part) : Infinity);
  const [first = Infinity] = numbers;
  const ports = numbers.length > 1 ? numbers : Array.from({ length: count }, (_, i) => first && first + i);
  if (ports.length === count && ports.every((port) => port <= 65_535)) return ports;
  throw new UsageError("ports-malformed", `expected a port or ${count} ports, got ${JSON.stringify(text)}`);
}

function announce(profile: string, { addresses }: ProfileServer, { out }: CommandContext): void {
  for (const { hostname: host, port } of addresses) {
    const address = formatRelayAddress({ host, port });
    out.result({ type: "listening", profile, address, host, port }, `listening on ${address}`);
  }
}

function report({ text, ...event }: ProfileEvent, { out }: CommandContext): void {
  if (out.json) out.result({ ...event, text }, "");
  else out.note(printable(text));
}

/** Resolves on a signal, and when somebody types `stop`; the end of input is no reason to stop. */
function stopAsked({ io, signal }: CommandContext): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
    typed(io.stdin, "stop").then((stopped) => stopped && resolve(), reject);
  });
}

async function typed(input: CommandContext["io"]["stdin"], word: string): Promise<boolean> {
  for await (const line of readLines(input, MAX_LINE_CHARS)) {
    if (line.trim().toLowerCase() === word) return true;
  }
  return false;
}
