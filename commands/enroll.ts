import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { Client, enroll as enrollDevice, invitedDevice } from "../lib/client/mod.ts";
import { defineCommand } from "./command.ts";
import { readEnrollmentRight } from "./enroll/right.ts";
import { newPassphraseOptions, readNewPassphrase } from "./passphrase.ts";
import { passwordOptions } from "./password.ts";
import { agent } from "./version.ts";

/** `parley enroll`. */
export const enroll = defineCommand({
  description:
    "Makes a key, proves to the authority that it is held, and keeps the certificate. All that is trusted is " +
    "the authority whose fingerprint was given. Three ways: with an invite; with a user's password; or by " +
    "request, which the operator approves (parley ca requests). What was cut off is taken up by the next attempt.",
  examples: [
    {
      line: 'parley enroll "parley://…" --device laptop',
      does: "Enrol this machine, asking for a passphrase (and for the password, where it is no invite)",
    },
    { line: "parley enroll - --no-passphrase < invite", does: "Take the invite from standard input" },
    {
      line: "parley enroll --user alice --relay example.org:7443 --ca-fingerprint SHA256:…",
      does: "Enrol with alice's password",
    },
    {
      line: 'parley enroll "parley://…" --request',
      does: "Show a code and wait until the operator approves it",
    },
  ],
  parser: merge(
    object({
      device: optional(option("--device", string({ metavar: "NAME" }), {
        description:
          message`The name of this device among the user's (default: what the invite says, or the machine's name)`,
      })),
      user: optional(option("--user", string({ metavar: "USER" }), {
        description: message`As whom to enrol, where no invite or URL says so`,
      })),
      relay: optional(option("--relay", string({ metavar: "HOST:PORT" }), {
        description: message`Where the relay is, where no invite or URL says so`,
      })),
      caFingerprint: optional(option("--ca-fingerprint", string({ metavar: "SHA256:…" }), {
        description: message`The fingerprint of the authority's key, where no invite or URL carries it`,
      })),
      request: option("--request", { description: message`Ask the operator instead of giving a password` }),
      noWait: option("--no-wait", {
        description:
          message`With --request: exit with code 6 where there is no word yet; run it again to ask`,
      }),
      invite: optional(argument(string({ metavar: "INVITE" }), {
        description: message`The invite or URL as it was given out, or - to read it from standard input`,
      })),
    }),
    passwordOptions,
    newPassphraseOptions,
  ),
  async execute({ device: name, ...values }, context) {
    // Nobody should think up a passphrase first and then hear that the invite is no invite.
    const right = await readEnrollmentRight(values, context);
    const device = name ?? invitedDevice(right) ?? machineName();
    const passphrase = await readNewPassphrase(values, context, `this device of yours`);
    const { home, signal } = context;
    const enrolled = await enrollDevice({ home, right, device, passphrase, agent, signal });
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
    onWarning: () => {}, // a certificate that is a second old needs no renewal
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
