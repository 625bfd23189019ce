import {
  defineDhGroup,
  eachMessage,
  formatFloat,
  generateSafePrime,
  parseDecimal,
  type ProfileServer,
  serveClients,
  type ServeOptions,
} from "../core/mod.ts";
import { acceptDocumented } from "./documented_session.ts";
import { acceptOriginal } from "./original_session.ts";
import { HANDSHAKE_MS, LIMITS, type Received, type ServerSession } from "./session.ts";

const ORIGINAL_MODULUS_BITS = 512;

/** The sum of the numbers received: `0` before the first, then a float's text. */
interface Aggregate {
  total: number | undefined;
}

/** Starts the server. In the original dialect the sum is a client's own, else it is over all clients. */
export async function serveDdes(options: ServeOptions): Promise<ProfileServer> {
  const { dialect, random, log } = options;
  const original = dialect === "original";
  const group = original && defineDhGroup(await generateSafePrime(ORIGINAL_MODULUS_BITS, random), 2n);
  const common: Aggregate = { total: undefined };
  return serveClients(options, LIMITS[dialect], async (connection) => {
    const client = connection.peer;
    const session = await connection.within(
      HANDSHAKE_MS,
      group ? acceptOriginal(connection, group, random) : acceptDocumented(connection, random),
    );
    if (session === undefined) return;
    log({ type: "client-joined", client, text: `${client} has established keys` });
    const take = keepSum(session, original ? { total: undefined } : common, client, log);
    await eachMessage(connection, session.cut, take);
    log({ type: "client-left", client, text: `${client} has left` });
  });
}

/** Returns what takes the messages of a client; false where the session is over. */
function keepSum(session: ServerSession, aggregate: Aggregate, client: string, log: ServeOptions["log"]) {
  const discard = (reason: string) =>
    log({ type: "discarded", client, reason, text: `a message of ${client} is discarded: ${reason}` });
  return (received: Received): void | false => {
    if (received.type === "discarded") return discard(received.reason);
    if (received.type === "refused") {
      const { reason } = received;
      log({ type: "disconnected", client, reason, text: `${client} is disconnected: ${reason}` });
      return false;
    }
    const { total } = aggregate;
    if (received.text === "sum") return session.reply(total === undefined ? "0" : formatFloat(total));
    if (received.text === "exit") {
      session.bye();
      return false;
    }
    const number = parseDecimal(received.text);
    if (number === undefined) return discard("it is not a number");
    aggregate.total = (total ?? 0) + number;
  };
}
