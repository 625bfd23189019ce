import { UsageError } from "../../errors/mod.ts";
import { type ConnectOptions, dialRaw, type RawConnection, type SendOptions } from "../core/mod.ts";
import { connectDocumented } from "./documented_session.ts";
import { parseNumber } from "./number_text.ts";
import { connectOriginal } from "./original_session.ts";
import type { ClientSession } from "./session.ts";

/** The port of the description. */
export const DDES_PORT = 8081;
const HANDSHAKE_MS = 10_000;
/** An original server takes one `recv` for one message. */
const ORIGINAL_GAP_MS = 50;
const MAX_MESSAGE_BYTES = 64 * 1024;

/** Holds a session: a number is sent, `sum` asks for the sum, `exit` leaves. */
export async function connectDdes(options: ConnectOptions): Promise<void> {
  const { console } = options;
  await withSession(options, async (session) => {
    for (;;) {
      const line = (await console.ask("a number, sum or exit: "))?.trim();
      if (line === undefined || line === "exit") return await session.exit();
      if (line === "sum") {
        const sum = await session.sum();
        console.show({ type: "sum", sum, text: `sum: ${sum}` });
      } else if (parseNumber(line) === undefined) console.note("expected a number, sum or exit");
      else session.add(line);
    }
  });
}

/**
 * Sends one number.
 *
 * @throws {UsageError} `not-a-number`
 */
export async function sendDdes(options: SendOptions): Promise<void> {
  const { text, to, show } = options;
  if (to !== undefined) {
    throw new UsageError("recipient-not-taken", "ddes sends to the server, not to a user");
  }
  if (parseNumber(text) === undefined) throw new UsageError("not-a-number", "ddes sends numbers only");
  await withSession(options, async (session) => {
    session.add(text.trim());
    await session.exit();
  });
  show({ type: "sent", text: "sent" });
}

async function withSession(
  options: Pick<ConnectOptions, "dialect" | "hostname" | "port" | "random" | "signal">,
  use: (session: ClientSession) => Promise<void>,
): Promise<void> {
  const { dialect, hostname, port = DDES_PORT, random, signal } = options;
  const original = dialect === "original";
  const limits = { maxMessageBytes: MAX_MESSAGE_BYTES, gapMs: original ? ORIGINAL_GAP_MS : 0 };
  const connection = await dialRaw({ hostname, port, signal }, limits);
  const abort = () => connection.close();
  signal.addEventListener("abort", abort);
  try {
    await use(await establish(connection, original, random));
    await connection.end();
  } finally {
    signal.removeEventListener("abort", abort);
    connection.close();
  }
}

async function establish(
  connection: RawConnection,
  original: boolean,
  random: ConnectOptions["random"],
): Promise<ClientSession> {
  connection.closeAfter(HANDSHAKE_MS);
  const session =
    await (original ? connectOriginal(connection, random) : connectDocumented(connection, random));
  connection.closeAfter(undefined);
  return session;
}
