import assert from "node:assert/strict";
import type { ClientCore } from "../../../lib/client/client_core.ts";
import { encodeText } from "../../../lib/client/content/mod.ts";
import { RelayReceipts } from "../../../lib/client/delivery/relay_receipts.ts";
import { systemRandom as random } from "../../../lib/crypto/mod.ts";
import { AuthenticationError } from "../../../lib/errors/mod.ts";
import { ReceiptSigner } from "../../../lib/relay/receipt_signer.ts";
import type { ClientConnection } from "../../../lib/transport/mod.ts";
import type { OperationResponse, RelayStatement } from "../../../lib/wire/mod.ts";
import { makeTestCa } from "../../support/certificates.ts";
import { ClientStoreFixture, conversation } from "../../support/client_store_fixture.ts";

type Answer = OperationResponse<"receipt">;

const digest = new Uint8Array(32).fill(7);

/** A message that was sent, and what it takes to obtain the receipt of a relay for it. */
async function sentMessage(test: ClientStoreFixture) {
  const { id } = await test.add("alice", encodeText("x", random));
  await test.store.transaction(() =>
    test.store.messages.setRelayed(conversation, id, { seq: 1, time: 5, digest })
  );
  const ca = await makeTestCa();
  const signer = new ReceiptSigner(await ca.server(["relay.test"]));
  const trusted = (chain: unknown[]) =>
    chain.length > 0
      ? Promise.resolve()
      : Promise.reject(new AuthenticationError("cert-untrusted", "no chain"));
  const identity = { facts: { host: "relay.test" }, trust: { checkServer: () => trusted } };
  const receipts = new RelayReceipts({ store: test.store, identity } as unknown as ClientCore);
  const obtain = (answer: Answer) => {
    const connection = { request: () => Promise.resolve(answer) } as unknown as ClientConnection;
    return receipts.obtain(conversation, { position: 0, limit: 9 }, connection);
  };
  const sign = (change: Partial<RelayStatement> = {}) =>
    signer.sign({ mailbox: conversation, entries: [{ id, seq: 1, time: 5, digest }], ...change });
  return { id, obtain, sign, ca };
}

Deno.test("obtain() keeps a receipt for what was sent, once", async () => {
  await using test = await ClientStoreFixture.open();
  const { id, obtain, sign } = await sentMessage(test);
  const answer = sign();
  await obtain(answer);
  assert.deepEqual(test.store.relayReceipts.of(conversation, id)?.signature, answer.signature);
  await obtain({ ...answer, signature: new Uint8Array(64) }); // nothing is asked for any more
});

Deno.test("obtain() refuses a receipt that says anything else than what was sent", async () => {
  await using test = await ClientStoreFixture.open();
  const { id, obtain, sign, ca } = await sentMessage(test);
  const entry = { id, seq: 1, time: 5, digest };
  const right = sign();
  const others = new ReceiptSigner(await ca.server(["other.test"]));
  const wrong: Answer[] = [
    sign({ mailbox: "direct:alice,carol" }),
    sign({ entries: [{ ...entry, seq: 2 }] }),
    sign({ entries: [{ ...entry, digest: new Uint8Array(32) }] }),
    sign({ entries: [{ ...entry, id: random(16) }] }),
    { ...right, signature: right.signature.map((byte, i) => i === 5 ? byte ^ 1 : byte) },
    { ...right, certificates: others.sign({ mailbox: conversation, entries: [] }).certificates },
  ];
  for (const answer of wrong) await assert.rejects(obtain(answer), { code: "relay-receipt-wrong" });
  await assert.rejects(obtain({ ...right, certificates: [] }), { code: "cert-untrusted" });
  assert.equal(test.store.relayReceipts.of(conversation, id), undefined);
  // A relay that has it no more says nothing of it.
  await obtain(sign({ entries: [] }));
  assert.equal(test.store.relayReceipts.of(conversation, id), undefined);
});
