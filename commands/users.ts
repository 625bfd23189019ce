import type { UserPresence, VerificationState } from "../lib/client/mod.ts";
import { defineCommand } from "./command.ts";
import { passphraseOptions } from "./passphrase.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";
import { withClient } from "./with_client.ts";

/** A user with what this one has said of their devices; nothing is said of oneself. */
interface ListedUser extends UserPresence {
  readonly state: VerificationState | undefined;
}

/** `parley users`. */
export const users = defineCommand({
  description:
    "One user a line: name, whether a device of theirs is online, whether you have verified them (parley verify), " +
    "their devices.",
  examples: [
    { line: "parley users", does: "List the users that the relay knows" },
    { line: "parley users --json", does: "The same for a script" },
  ],
  parser: passphraseOptions,
  async execute(passphrase, context) {
    await withClient("users", passphrase, context, async (client) => {
      const all = (await client.users()).map((one): ListedUser => ({
        ...one,
        state: one.user === client.self.user ? undefined : client.people.stateOf(one.user),
      }));
      const width = Math.max(0, ...all.map(({ user }) => user.length));
      for (const one of all) {
        const { user, online, state, devices } = one;
        context.out.result(
          {
            type: "user",
            user,
            self: state === undefined,
            online,
            verified: state === "verified",
            state,
            devices,
          },
          (style) => formatRow(one, width, style),
        );
      }
    });
  },
});

function formatRow({ user, online, state, devices }: ListedUser, width: number, style: Style): string {
  const names = devices.map(({ device, online }) => printable(device) + (online ? "" : " (offline)"));
  const columns = [
    printable(user).padEnd(width),
    (online ? style.green : style.dim)(online ? "online " : "offline"),
    colourOf(state, style)((state ?? "you").padEnd("unverified".length)),
    names.join(", "),
  ];
  return columns.join("  ").trimEnd();
}

function colourOf(state: VerificationState | undefined, style: Style): (text: string) => string {
  if (state === "verified") return style.green;
  return state === "changed" ? style.red : style.dim;
}
