import assert from "node:assert/strict";
import { systemRandom } from "../../../lib/crypto/mod.ts";
import {
  decryptOaep,
  formatRsaPublicKey,
  generateRsaKey,
  KeyChallenge,
} from "../../../lib/legacy/core/mod.ts";

Deno.test("KeyChallenge is met by what its key decrypts, and about this key only", async () => {
  const [own, other] = await Promise.all([generateRsaKey(), generateRsaKey()]);
  const pem = formatRsaPublicKey(own);
  const challenge = new KeyChallenge(pem, systemRandom);
  const answer = decryptOaep(own, challenge.ciphertext);
  assert(challenge.isMetBy(pem, answer));
  assert(!challenge.isMetBy(formatRsaPublicKey(other), answer));
  assert(!challenge.isMetBy(pem, answer.toReversed()));
  assert(!challenge.isMetBy(pem, answer.subarray(1)));
});
