import { type CborValue, encodeCbor, encodeHex, equalBytes } from "../../bytes/mod.ts";
import { Ed25519Verifier } from "../../crypto/mod.ts";
import { AuthenticationError } from "../../errors/mod.ts";
import { parseCertificate } from "../../pki/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import { decodeRelayStatement, type OperationResponse } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { rawEd25519Key } from "../trust.ts";

/** Obtains the relay's signature on that it has messages of this device, checks it and keeps it. */
export class RelayReceipts {
  readonly #core: Pick<ClientCore, "store" | "identity">;

  /** Obtains receipts for one device. */
  constructor(core: Pick<ClientCore, "store" | "identity">) {
    this.#core = core;
  }

  /**
   * Obtains the receipts that are missing for what this device sent to a conversation from a line on, for so many
   * at most.
   *
   * @throws {AuthenticationError} `relay-receipt-wrong` where the relay has signed something else than it was given
   */
  async obtain(
    mailbox: string,
    { position, limit }: { position: number; limit: number },
    connection: ClientConnection,
  ): Promise<void> {
    const ids = this.#core.store.relayReceipts.wanted(mailbox, position, limit);
    if (ids.length === 0) return;
    const answer = await connection.request("receipt", { mailbox, ids });
    const signed = await this.#check(mailbox, answer);
    if (signed.length === 0) return;
    const certificates = new Uint8Array(encodeCbor(answer.certificates as CborValue));
    const { store } = this.#core;
    await store.transaction(() => store.relayReceipts.add(mailbox, signed, { ...answer, certificates }));
  }

  /** The ids of the entries that it speaks for. */
  async #check(mailbox: string, answer: OperationResponse<"receipt">): Promise<Uint8Array[]> {
    const { facts, trust } = this.#core.identity;
    await trust.checkServer(facts.host)(answer.certificates);
    const key = rawEd25519Key(parseCertificate(answer.certificates[0]!).spki);
    if (!new Ed25519Verifier(key).verify(answer.statement, answer.signature)) throw wrong("its signature");
    const statement = decodeRelayStatement(answer.statement);
    if (statement.mailbox !== mailbox) throw wrong("its conversation");
    for (const { id, seq, digest } of statement.entries) {
      const sent = this.#core.store.relayReceipts.sent(mailbox, id);
      if (sent === undefined || sent.seq !== seq || !equalBytes(sent.digest, digest)) {
        throw wrong(`what it says of ${encodeHex(id)}`);
      }
    }
    return statement.entries.map(({ id }) => id);
  }
}

function wrong(what: string): AuthenticationError {
  return new AuthenticationError("relay-receipt-wrong", `the relay's receipt is not right: ${what}`, {
    hint: "the relay does not have what was sent to it; ask whoever runs it",
  });
}
