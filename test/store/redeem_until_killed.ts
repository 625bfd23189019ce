/**
 * Run as a process of its own by ca_store_test.ts: redeems one invite after the other in the CA folder
 * given, and prints the serial number of each certificate that it was given.
 */
import { systemRandom } from "../../lib/crypto/mod.ts";
import { generateKeyPair, hashInviteToken, parseInvite } from "../../lib/pki/mod.ts";
import { openCa } from "../../lib/store/ca_store.ts";

const { authority } = openCa(Deno.args[0]!);
const { spki } = await generateKeyPair("ed25519");
for (let i = 0;; i++) {
  const user = `u${systemRandom(8).toHex()}`;
  const { invite } = authority.createInvite({ user, relay: { host: "localhost", port: 1 } });
  const { token } = parseInvite(invite);
  const issued = await authority.redeemInvite(hashInviteToken(token), { user, device: `d${i}`, spki });
  console.log(issued.serial);
}
