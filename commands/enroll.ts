import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { Client, enroll as enrollDevice } from "../lib/client/mod.ts";
import { defineCommand } from "./command.ts";
import { readAll } from "./input.ts";
import { newPassphraseOptions, readNewPassphrase } from "./passphrase.ts";
import { agent } from "./version.ts";

const MAX_INVITE_BYTES = 4096;

/** `parley enroll`. */
export const enroll = defineCommand({
  description:
    "Makes a key, proves to the authority that it is held, and keeps the certificate. All that is trusted is " +
    "the authority whose fingerprint the invite carries.",
  examples: [
    {
      line: 'parley enroll "parley://…" --device laptop',
      does: "Enrol this machine, asking for a passphrase",
    },
    { line: "parley enroll - --no-passphrase < invite", does: "Take the invite from standard input" },
  ],
  parser: merge(
    object({
      device: optional(option("--device", string({ metavar: "NAME" }), {
        description: message`The name of this device among the user's (default: the machine's name)`,
      })),
      invite: argument(string({ metavar: "INVITE" }), {
        description: message`The invite as it was given out, or - to read it from standard input`,
      }),
    }),
    newPassphraseOptions,
  ),
  async execute({ device = machineName(), invite, ...values }, context) {
    const passphrase = await readNewPassphrase(values, context, `this device of yours`);
    const text = invite === "-"
      ? new TextDecoder().decode(await readAll(context.io.stdin, MAX_INVITE_BYTES)).trim()
      : invite;
    const { home } = context;
    const enrolled = await enrollDevice({
      home,
      invite: text,
      device,
      passphrase,
      agent,
      signal: context.signal,
    });
    await publishKeys(home, enrolled, passphrase);
    const { user, fingerprint, expires, folder } = enrolled;
    context.out.result(
      { type: "enrolled", user, device: enrolled.device, fingerprint, expires, folder },
      `enrolled as ${user}/${enrolled.device}\n${fingerprint}`,
    );
  },
});

/** Connects once as the new device, so that others can write to it from now on. */
async function publishKeys(
  home: string,
  identity: { user: string; device: string },
  passphrase: Uint8Array | undefined,
): Promise<void> {
  const client = await Client.open({
    home,
    identity,
    passphrase: () => Promise.resolve(passphrase ?? new Uint8Array()),
    holder: `parley enroll (pid ${Deno.pid})`,
    agent,
    onWarning: () => {},
  });
  try {
    await client.connect();
  } finally {
    await client.close();
  }
}

/** The machine's name, as far as it can name a device. */
function machineName(): string {
  const name = Deno.hostname().toLowerCase().replace(/[^a-z0-9._-]/g, "-").slice(0, 32);
  return /^[a-z0-9]/.test(name) ? name : "device";
}
