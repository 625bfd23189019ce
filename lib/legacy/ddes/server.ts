import {
  defineDhGroup,
  generateSafePrime,
  listenRaw,
  type ProfileServer,
  type RawConnection,
  type ServeOptions,
} from "../core/mod.ts";
import { acceptDocumented } from "./documented_session.ts";
import { formatFloat, parseNumber } from "./number_text.ts";
import { acceptOriginal } from "./original_session.ts";
import type { Received, ServerSession } from "./session.ts";

const HANDSHAKE_MS = 10_000;
/** An original client takes its `recv` for a message each while it computes in between. */
const ORIGINAL_GAP_MS = 50;
const ORIGINAL_MODULUS_BITS = 512;
const MAX_MESSAGE_BYTES = 64 * 1024;

/** The sum of the numbers received: `0` before the first, then a float's text. */
class Aggregate {
  #total: number | undefined;

  add(number: number): void {
    this.#total = (this.#total ?? 0) + number;
  }

  toString(): string {
    return this.#total === undefined ? "0" : formatFloat(this.#total);
  }
}

/** Starts the server. In the original dialect the sum is a client's own, else it is over all clients. */
export async function serveDdes(options: ServeOptions): Promise<ProfileServer> {
  const { dialect, random, log } = options;
  const original = dialect === "original";
  const group = original && defineDhGroup(await generateSafePrime(ORIGINAL_MODULUS_BITS, random), 2n);
  const common = new Aggregate();
  return listenRaw({
    ...options,
    gapMs: original ? ORIGINAL_GAP_MS : 0,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    async converse(connection) {
      connection.closeAfter(HANDSHAKE_MS);
      const session =
        await (group ? acceptOriginal(connection, group, random) : acceptDocumented(connection, random));
      connection.closeAfter(undefined);
      if (session === undefined) return;
      const client = connection.peer;
      log({ type: "client-joined", client, text: `${client} has established keys` });
      await keepSum(session, original ? new Aggregate() : common, connection, options);
      log({ type: "client-left", client, text: `${client} has left` });
    },
    onFailure({ peer }, { code, message }) {
      log({ type: "client-failed", client: peer, code, text: `${peer} is disconnected: ${message}` });
    },
  });
}

async function keepSum(
  session: ServerSession,
  aggregate: Aggregate,
  { peer, writer }: RawConnection,
  { log }: ServeOptions,
): Promise<void> {
  const discard = (reason: string) =>
    log({ type: "discarded", client: peer, reason, text: `a message of ${peer} is discarded: ${reason}` });
  const act = (received: Received): boolean => {
    if (received.type === "discarded") discard(received.reason);
    else if (received.type === "refused") {
      const { reason } = received;
      log({ type: "disconnected", client: peer, reason, text: `${peer} is disconnected: ${reason}` });
      return false;
    } else if (received.text === "sum") session.reply(String(aggregate));
    else if (received.text === "exit") {
      session.bye();
      return false;
    } else {
      const number = parseNumber(received.text);
      if (number === undefined) discard("it is not a number");
      else aggregate.add(number);
    }
    return true;
  };
  for (;;) {
    const received = session.take() ?? await session.read();
    if (received === undefined || !act(received)) return;
    if (writer.full) await writer.whenWritable();
  }
}
