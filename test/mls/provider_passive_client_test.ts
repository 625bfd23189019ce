import assert from "node:assert/strict";
import {
  bytesToBase64,
  type CiphersuiteImpl,
  type ClientState,
  joinGroup,
  makePskIndex,
  processMessage,
} from "ts-mls";
import { decodeRatchetTree } from "ts-mls/ratchetTree.js";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import { loadVectors } from "../vectors/load_vectors.ts";
import { decodeMessage, loadSuite } from "./provider_vector_input.ts";

interface PassiveCase {
  external_psks: { psk_id: string; psk: string }[];
  key_package: string;
  signature_priv: string;
  encryption_priv: string;
  init_priv: string;
  welcome: string;
  ratchet_tree: string | null;
  initial_epoch_authenticator: string;
  epochs: { proposals: string[]; commit: string; epoch_authenticator: string }[];
}

Deno.test("the provider passes passive-client-welcome.json", async () => {
  assert.deepEqual(await runPassiveClient("mls/passive-client-welcome.json"), { cases: 8, epochs: 0 });
});

Deno.test("the provider passes passive-client-handling-commit.json", async () => {
  assert.deepEqual(await runPassiveClient("mls/passive-client-handling-commit.json"), {
    cases: 13,
    epochs: 26,
  });
});

async function runPassiveClient(path: string): Promise<{ cases: number; epochs: number }> {
  const suite = await loadSuite();
  const cases = loadVectors<PassiveCase[]>(path);
  let epochs = 0;
  for (const test of cases) {
    let state = await joinCase(test, suite);
    assert.equal(encodeHex(state.keySchedule.epochAuthenticator), test.initial_epoch_authenticator);
    for (const epoch of test.epochs) {
      for (const message of [...epoch.proposals, epoch.commit]) {
        state = await receive(message, state, test, suite);
      }
      assert.equal(encodeHex(state.keySchedule.epochAuthenticator), epoch.epoch_authenticator);
      epochs++;
    }
  }
  return { cases: cases.length, epochs };
}

async function joinCase(test: PassiveCase, suite: CiphersuiteImpl): Promise<ClientState> {
  const welcome = decodeMessage(test.welcome);
  const keyPackage = decodeMessage(test.key_package);
  assert.ok(welcome.wireformat === "mls_welcome" && keyPackage.wireformat === "mls_key_package");
  const privateKeys = {
    initPrivateKey: decodeHex(test.init_priv),
    hpkePrivateKey: decodeHex(test.encryption_priv),
    signaturePrivateKey: decodeHex(test.signature_priv),
  };
  const tree = test.ratchet_tree === null
    ? undefined
    : decodeRatchetTree(decodeHex(test.ratchet_tree), 0)?.[0];
  const psks = makePskIndex(undefined, externalPsks(test));
  return await joinGroup(welcome.welcome, keyPackage.keyPackage, privateKeys, psks, suite, tree);
}

async function receive(
  hex: string,
  state: ClientState,
  test: PassiveCase,
  suite: CiphersuiteImpl,
): Promise<ClientState> {
  const message = decodeMessage(hex);
  assert.ok(
    message.wireformat === "mls_private_message" || message.wireformat === "mls_public_message",
  );
  const psks = makePskIndex(state, externalPsks(test));
  return (await processMessage(message, state, psks, () => "accept", suite)).newState;
}

function externalPsks({ external_psks }: PassiveCase): Record<string, Uint8Array> {
  return Object.fromEntries(
    external_psks.map(({ psk_id, psk }) => [bytesToBase64(decodeHex(psk_id)), decodeHex(psk)]),
  );
}
