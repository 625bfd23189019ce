import { UsageError } from "../../errors/mod.ts";
import {
  assertNoRecipient,
  type ConnectOptions,
  parseDecimal,
  promptLoop,
  type SendOptions,
  withServer,
} from "../core/mod.ts";
import { connectDocumented } from "./documented_session.ts";
import { connectOriginal } from "./original_session.ts";
import { type ClientSession, HANDSHAKE_MS, LIMITS } from "./session.ts";

/** The port of the description. */
const PORT = 8081;

/** Holds a session: a number is sent, `sum` asks for the sum, `exit` leaves. */
export async function connectDdes(options: ConnectOptions): Promise<void> {
  const { console } = options;
  const settings = { prompt: "a number, sum or exit: ", leave: "exit" };
  await withSession(options, (session) =>
    promptLoop(console, settings, async (line) => {
      const text = line.trim();
      if (text === "sum") {
        const sum = await session.sum();
        console.show({ type: "sum", sum, text: `sum: ${sum}` });
      } else if (parseDecimal(text) === undefined) console.note("expected a number, sum or exit");
      else session.add(text);
    }));
}

/**
 * Sends one number.
 *
 * @throws {UsageError} `recipient-not-taken`, `not-a-number`
 */
export async function sendDdes(options: SendOptions): Promise<void> {
  const { text, show } = options;
  assertNoRecipient(options, "ddes sends to the server, not to a user");
  if (parseDecimal(text) === undefined) throw new UsageError("not-a-number", "ddes sends numbers only");
  await withSession(options, (session) => session.add(text.trim()));
  show({ type: "sent", text: "sent" });
}

async function withSession(
  options: Pick<ConnectOptions, "dialect" | "hostname" | "port" | "random" | "signal">,
  use: (session: ClientSession) => void | Promise<void>,
): Promise<void> {
  const { dialect, hostname, port = PORT, random, signal } = options;
  const establish = dialect === "original" ? connectOriginal : connectDocumented;
  await withServer({ hostname, port, signal }, LIMITS[dialect], async (connection) => {
    const session = await connection.within(HANDSHAKE_MS, establish(connection, random));
    await use(session);
    await session.exit();
  });
}
