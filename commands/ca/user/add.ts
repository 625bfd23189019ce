import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { formatEnrollmentUrl, hashCertificate, parseName, parseRelayAddress } from "../../../lib/pki/mod.ts";
import { defineCommand } from "../../command.ts";
import { passwordOptions, readPassword } from "../../password.ts";
import { caFolderOptions, openCaLog } from "../ca_folder.ts";

/** `parley ca user add`. */
export const caUserAdd = defineCommand({
  description:
    "With the password the user can enrol any number of devices at the relay that holds this authority. Only " +
    "what Argon2id makes of it is kept. Passwords of fewer than 8 bytes are refused.",
  examples: [
    { line: "parley ca user add --dir ca alice", does: "Ask for alice's password and keep it" },
    {
      line: "parley ca user add alice --password-file secret --relay example.org:7443",
      does: "Take it from a file, and print the URL with which alice enrols",
    },
  ],
  parser: merge(
    caFolderOptions,
    object({
      relay: optional(option("--relay", string({ metavar: "HOST:PORT" }), {
        description: message`Where the user reaches the relay; prints what to give to parley enroll`,
      })),
      user: argument(string({ metavar: "USER" }), { description: message`The user` }),
    }),
    passwordOptions,
  ),
  async execute({ user, relay, dir, ...values }, context) {
    const name = parseName(user, "user");
    const address = relay === undefined ? undefined : parseRelayAddress(relay);
    using ca = openCaLog({ dir }, context);
    await ca.users.add(name, await readPassword(values, context, name, true));
    const rootHash = hashCertificate(ca.authority.root);
    const url = address && formatEnrollmentUrl({ relay: address, user: name, rootHash });
    context.out.result(
      { type: "user", user: name, ...(url !== undefined && { url }) },
      url === undefined ? `${name} can enrol with a password` : url,
    );
  },
});
