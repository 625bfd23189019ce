import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { UsageError } from "../../lib/errors/mod.ts";
import type { Profile } from "../../lib/legacy/mod.ts";
import { parseRelayAddress } from "../../lib/pki/mod.ts";
import { abortPromise } from "../abort_promise.ts";
import { type Command, defineCommand } from "../command.ts";
import { describeProfile, warnOfWeaknesses } from "./describe_profile.ts";
import { LineConsole } from "./line_console.ts";
import { portOption, profileEnvironment, profileOptions } from "./profile_options.ts";

const LOOPBACK = "127.0.0.1";

/** `parley connect --profile NAME`. */
export function connectProfile(profile: Profile): Command<unknown> {
  const { name, defaultPorts } = profile;
  return defineCommand({
    description: describeProfile(profile),
    examples: [
      { line: `parley connect --profile ${name}`, does: `Connect to this machine, port ${defaultPorts[0]}` },
      {
        line: `parley connect --profile ${name} --dialect original --port ${defaultPorts[0]}`,
        does: "Connect to the published server",
      },
    ],
    parser: merge(
      profileOptions(profile),
      object({
        address: optional(argument(string({ metavar: "HOST:PORT" }), { description: message`The server` })),
        port: portOption,
      }),
    ),
    stopsItself: true,
    async execute({ address, port, ...values }, context) {
      warnOfWeaknesses(profile, context.out);
      using stopped = abortPromise(context.signal);
      const session = profile.connect({
        ...profileEnvironment(profile, values, context),
        ...chooseServer(address, port),
        user: context.options.as,
        console: new LineConsole(context),
        signal: context.signal,
      });
      session.catch(() => {}); // where a signal came first, it is what is told
      await Promise.race([session, stopped.promise]);
    },
  });
}

/**
 * Which server: this machine and the port of the description unless told otherwise.
 *
 * @throws {UsageError} relay-address-malformed, ports-contradict
 */
export function chooseServer(
  address: string | undefined,
  port: number | undefined,
): { hostname: string; port: number | undefined } {
  if (address === undefined) return { hostname: LOOPBACK, port };
  if (port !== undefined) throw new UsageError("ports-contradict", "HOST:PORT names a port already");
  const parsed = parseRelayAddress(address);
  return { hostname: parsed.host, port: parsed.port };
}
